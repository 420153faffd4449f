/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FTP: its data connections go where the control connection goes.
 */
#ifndef SHUNT_FTP_H
#define SHUNT_FTP_H

#include "path/packet.h"

struct shunt_conn;

__be16 shunt_ftp_port(unsigned int which);
bool shunt_ftp_is_port(__be16 port);
bool shunt_ftp_is_data_port(__be16 port);

int shunt_ftp_attach(struct shunt_net *sn, struct shunt_conn *c);
void shunt_ftp_detach(struct shunt_net *sn, const struct shunt_conn *c);
int shunt_ftp_follow(struct shunt_packet *pkt, struct shunt_conn *c,
		     enum shunt_dir dir);
struct shunt_conn *shunt_ftp_arrive(const struct shunt_packet *pkt);

#endif /* SHUNT_FTP_H */
