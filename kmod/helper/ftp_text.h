/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is said on FTP's control connection about data connections (RFC 959 and
 * RFC 2428):
 *
 *   client   PASV                      server   227 ... (192,0,2,1,200,13).
 *            EPSV                               229 ... (|||51213|)
 *            PORT 192,0,2,1,200,13
 *            EPRT |2|2001:db8::1|51213|
 *
 * Pure: knows text and no packet, tested in userspace.
 */
#ifndef SHUNT_FTP_TEXT_H
#define SHUNT_FTP_TEXT_H

#include <linux/netfilter.h>
#include <linux/types.h>

enum shunt_ftp_word {
	SHUNT_FTP_NOTHING,
	SHUNT_FTP_PASV,		/* and the answer to it, 227 */
	SHUNT_FTP_EPSV,		/* and 229 */
	SHUNT_FTP_PORT,
	SHUNT_FTP_EPRT,
};

/**
 * struct shunt_ftp_place - where a data connection shall go
 * @word:	what says so
 * @af:		AF_INET or AF_INET6; EPSV's answer says none, and no address
 * @port:	port, network byte order, never 0
 * @addr:	address
 * @at:		where in the text address and port are
 * @length:	how many bytes they have there
 */
struct shunt_ftp_place {
	enum shunt_ftp_word word;
	u8 af;
	__be16 port;
	union nf_inet_addr addr;
	unsigned int at;
	unsigned int length;
};

/* The longest that shunt_ftp_format() makes: six numbers of three digits. */
#define SHUNT_FTP_TEXT_MAX	24

/* The longest command that is understood: EPRT with an IPv6 address has 59. */
#define SHUNT_FTP_LINE_MAX	80

/* Numbers further off than this are not the stream's. */
#define SHUNT_FTP_WINDOW	(1 << 20)

/**
 * struct shunt_ftp_ear - how far one end of a control connection was heard
 * @next:	TCP number behind what was heard
 * @tuned:	@next is known
 */
struct shunt_ftp_ear {
	u32 next;
	bool tuned;
};

/**
 * struct shunt_ftp_line - what a client has said of a line so far
 * @ear:	how far it was heard
 * @length:	bytes of @part; SHUNT_FTP_LINE_MAX when they were too many
 * @part:	the beginning of a line, up to where it was heard
 */
struct shunt_ftp_line {
	struct shunt_ftp_ear ear;
	u8 length;
	char part[SHUNT_FTP_LINE_MAX];
};

bool shunt_ftp_follows(struct shunt_ftp_ear *ear, u32 seq, unsigned int length);
enum shunt_ftp_word shunt_ftp_hear(struct shunt_ftp_line *line, u32 seq,
				   const char *text, unsigned int length,
				   struct shunt_ftp_place *place);
enum shunt_ftp_word shunt_ftp_command(const char *text, unsigned int length,
				      struct shunt_ftp_place *place);
enum shunt_ftp_word shunt_ftp_answer(const char *text, unsigned int length,
				     struct shunt_ftp_place *place);
unsigned int shunt_ftp_format(char *to, const struct shunt_ftp_place *place);

#endif /* SHUNT_FTP_TEXT_H */
