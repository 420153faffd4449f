// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files are IPVS's to the byte: addresses in hexadecimal, real servers
 * newest first. Everybody may read them.
 *
 * Each belongs to one netns and is taken away before the netns's data is, which
 * waits for readers: an open file needs no reference to the netns.
 */
#include "control/procfs.h"

#include <linux/proc_fs.h>
#include <linux/rhashtable.h>
#include <linux/seq_file.h>
#include <uapi/linux/shunt.h>

#include "helper/ftp.h"
#include "net.h"
#include "sched/sched.h"
#include "table/conn.h"
#include "table/dest.h"
#include "table/persist.h"
#include "table/service.h"

static const char *proto_name(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return "TCP";
	case IPPROTO_UDP:
		return "UDP";
	case IPPROTO_SCTP:
		return "SCTP";
	default:
		return "IP";
	}
}

static const char *fwd_name(u8 fwd)
{
	switch (fwd) {
	case SHUNT_FWD_MASQ:
		return "Masq";
	case SHUNT_FWD_LOCAL:
		return "Local";
	case SHUNT_FWD_TUNNEL:
		return "Tunnel";
	case SHUNT_FWD_BYPASS:
		return "Bypass";
	default:
		return "Route";
	}
}

/* --- ip_vs: services and real servers */

/**
 * struct service_walk - where a reader of ip_vs is
 * @sn:		the netns, whose mutex is held from start to stop
 * @svc:	the service
 * @dest:	the real server, or NULL at the service's own line
 */
struct service_walk {
	struct shunt_net *sn;
	struct shunt_service *svc;
	struct shunt_dest *dest;
};

/*
 * A reader who comes back goes on behind what he has seen, whatever was added
 * or removed meanwhile: a line's position is the service's id in the upper half
 * and in the lower 0 or, as the newest real server comes first, the complement
 * of its id. 0 is the header, END is behind the last service there can be.
 */
#define END	((loff_t)-1)

static loff_t position(const struct service_walk *walk)
{
	u32 low = walk->dest ? ~walk->dest->id : 0;

	return (loff_t)((u64)walk->svc->id << 32 | low);
}

static void to_service(struct service_walk *walk, unsigned long min_id)
{
	walk->svc = xa_find(&walk->sn->service_ids, &min_id, ULONG_MAX,
			    XA_PRESENT);
	walk->dest = NULL;
}

/* The next real server or, behind the last one, the next service. */
static void advance(struct service_walk *walk)
{
	struct list_head *dests = &walk->svc->dests;
	struct list_head *at = walk->dest ? &walk->dest->list : dests;

	if (list_is_last(at, dests))
		to_service(walk, (unsigned long)walk->svc->id + 1);
	else
		walk->dest = list_entry(at->next, struct shunt_dest, list);
}

static void seek(struct service_walk *walk, loff_t pos)
{
	u32 id = (u64)pos >> 32, low = (u32)pos;

	to_service(walk, id);
	if (!low || !walk->svc || walk->svc->id != id)
		return;
	do
		advance(walk);
	while (walk->dest && walk->dest->id > ~low);
}

static void *arrived(struct service_walk *walk, loff_t *pos)
{
	*pos = walk->svc ? position(walk) : END;
	return walk->svc ? walk : NULL;
}

static void *services_start(struct seq_file *seq, loff_t *pos)
{
	struct service_walk *walk = seq->private;

	mutex_lock(&walk->sn->mutex);
	if (!*pos)
		return SEQ_START_TOKEN;
	seek(walk, *pos);
	return arrived(walk, pos);
}

static void *services_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct service_walk *walk = seq->private;

	if (v == SEQ_START_TOKEN)
		to_service(walk, 0);
	else
		advance(walk);
	return arrived(walk, pos);
}

static void services_stop(struct seq_file *seq, void *v)
{
	struct service_walk *walk = seq->private;

	mutex_unlock(&walk->sn->mutex);
}

static void show_header(struct seq_file *seq, struct shunt_net *sn)
{
	seq_printf(seq, "IP Virtual Server version %d.%d.%d (size=%u)\n",
		   SHUNT_IPVS_VERSION >> 16 & 0xff,
		   SHUNT_IPVS_VERSION >> 8 & 0xff, SHUNT_IPVS_VERSION & 0xff,
		   shunt_conn_buckets(sn));
	seq_puts(seq, "Prot LocalAddress:Port Scheduler Flags\n");
	seq_puts(seq, "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n");
}

static void show_endpoint(struct seq_file *seq, u8 af,
			  const union nf_inet_addr *addr, __be16 port)
{
	if (af == AF_INET)
		seq_printf(seq, "%08X:%04X", ntohl(addr->ip), ntohs(port));
	else
		seq_printf(seq, "[%pI6]:%04X", &addr->in6, ntohs(port));
}

static void show_service(struct seq_file *seq, const struct shunt_service *svc)
{
	const struct shunt_service_key *key = &svc->key;

	if (key->fwmark) {
		seq_printf(seq, "FWM  %08X", key->fwmark);
	} else {
		seq_printf(seq, "%s  ", proto_name(key->proto));
		show_endpoint(seq, key->af, &key->addr, key->port);
	}
	seq_printf(seq, " %s ", svc->sched->name);
	/* IPv6 services by address lack this column. */
	if (key->fwmark || key->af == AF_INET)
		seq_puts(seq, svc->flags & SHUNT_SVC_F_ONEPACKET ? "ops " : "");
	if (!key->fwmark && key->af == AF_INET)
		seq_putc(seq, ' ');
	if (svc->flags & SHUNT_SVC_F_PERSISTENT)
		seq_printf(seq, "persistent %d %08X", svc->timeout * HZ,
			   ntohl(svc->netmask));
	seq_putc(seq, '\n');
}

static void show_dest(struct seq_file *seq, const struct shunt_dest *dest)
{
	seq_puts(seq, "  -> ");
	show_endpoint(seq, dest->af, &dest->addr, dest->port);
	seq_printf(seq, "      %-7s %-6d %-10d %-10d\n", fwd_name(dest->fwd),
		   dest->weight, atomic_read(&dest->active),
		   atomic_read(&dest->inactive));
}

static int services_show(struct seq_file *seq, void *v)
{
	const struct service_walk *walk = seq->private;

	if (v == SEQ_START_TOKEN)
		show_header(seq, walk->sn);
	else if (walk->dest)
		show_dest(seq, walk->dest);
	else
		show_service(seq, walk->svc);
	return 0;
}

static const struct seq_operations services_seq_ops = {
	.start	= services_start,
	.next	= services_next,
	.stop	= services_stop,
	.show	= services_show,
};

static int services_open(struct inode *inode, struct file *file)
{
	struct service_walk *walk = __seq_open_private(file, &services_seq_ops,
						       sizeof(*walk));

	if (!walk)
		return -ENOMEM;
	walk->sn = pde_data(inode);
	return 0;
}

static const struct proc_ops services_proc_ops = {
	.proc_open	= services_open,
	.proc_read_iter	= seq_read_iter,
	.proc_lseek	= seq_lseek,
	.proc_release	= seq_release_private,
};

/* --- ip_vs_conn and ip_vs_conn_sync: connections */

/**
 * struct conn_walk - where a reader of the connections is
 * @sn:		the netns
 * @iter:	keeps its place from one read to the next
 */
struct conn_walk {
	struct shunt_net *sn;
	struct rhashtable_iter iter;
};

static void *conns_start(struct seq_file *seq, loff_t *pos)
	__acquires(RCU)
{
	struct conn_walk *walk = seq->private;

	/* The reader may have gone back to the beginning. */
	if (!*pos) {
		rhashtable_walk_exit(&walk->iter);
		rhashtable_walk_enter(&walk->sn->conns, &walk->iter);
	}
	rhashtable_walk_start(&walk->iter);
	return *pos ? shunt_conn_walk_peek(&walk->iter) : SEQ_START_TOKEN;
}

static void *conns_next(struct seq_file *seq, void *v, loff_t *pos)
{
	struct conn_walk *walk = seq->private;

	++*pos;
	return shunt_conn_walk_next(&walk->iter);
}

static void conns_stop(struct seq_file *seq, void *v)
	__releases(RCU)
{
	struct conn_walk *walk = seq->private;

	rhashtable_walk_stop(&walk->iter);
}

static void show_end(struct seq_file *seq, u8 af, union nf_inet_addr addr,
		     __be16 port)
{
	if (af == AF_INET)
		seq_printf(seq, "%08X %04X ", ntohl(addr.ip), ntohs(port));
	else
		seq_printf(seq, "%pI6 %04X ", &addr.in6, ntohs(port));
}

/* The columns that both files have: protocol, addresses and ports, state. */
static void show_conn(struct seq_file *seq, const struct shunt_conn *c)
{
	const struct shunt_tuple *request = shunt_conn_request(c);
	const struct shunt_tuple *reply = shunt_conn_tuple(c, SHUNT_DIR_REPLY);

	seq_printf(seq, "%-3s ", proto_name(shunt_conn_shown_proto(c)));
	show_end(seq, shunt_conn_af(c), shunt_conn_shown_client(c),
		 shunt_conn_shown_port(c));
	show_end(seq, shunt_conn_af(c), shunt_tuple_dst(request),
		 request->dport);
	show_end(seq, c->dest->af, c->dest->addr, reply->sport);
	seq_printf(seq, "%-11s ",
		   shunt_state_name(shunt_conn_proto(c), READ_ONCE(c->state)));
}

/* An id has none but printable characters, see proto/sip.c. */
static void show_engine(struct seq_file *seq, const struct shunt_call *call)
{
	if (!call)
		return;
	seq_printf(seq, " %s ", shunt_engine_name(SHUNT_ENGINE_SIP));
	seq_write(seq, call->id, call->length);
}

static int conns_show(struct seq_file *seq, void *v)
{
	const struct conn_walk *walk = seq->private;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n");
		return 0;
	}
	show_conn(seq, v);
	seq_printf(seq, "%7u", shunt_conn_expires(walk->sn, v) / HZ);
	show_engine(seq, shunt_conn_call(v));
	seq_putc(seq, '\n');
	return 0;
}

static int conns_sync_show(struct seq_file *seq, void *v)
{
	const struct conn_walk *walk = seq->private;

	if (v == SEQ_START_TOKEN) {
		seq_puts(seq, "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Origin Expires\n");
		return 0;
	}
	show_conn(seq, v);
	seq_printf(seq, "%-6s %7u\n", "LOCAL",
		   shunt_conn_expires(walk->sn, v) / HZ);
	return 0;
}

static const struct seq_operations conns_seq_ops = {
	.start	= conns_start,
	.next	= conns_next,
	.stop	= conns_stop,
	.show	= conns_show,
};

static const struct seq_operations conns_sync_seq_ops = {
	.start	= conns_start,
	.next	= conns_next,
	.stop	= conns_stop,
	.show	= conns_sync_show,
};

static int open_conns(struct inode *inode, struct file *file,
		      const struct seq_operations *seq_ops)
{
	struct conn_walk *walk = __seq_open_private(file, seq_ops,
						    sizeof(*walk));

	if (!walk)
		return -ENOMEM;
	walk->sn = pde_data(inode);
	rhashtable_walk_enter(&walk->sn->conns, &walk->iter);
	return 0;
}

static int conns_open(struct inode *inode, struct file *file)
{
	return open_conns(inode, file, &conns_seq_ops);
}

static int conns_sync_open(struct inode *inode, struct file *file)
{
	return open_conns(inode, file, &conns_sync_seq_ops);
}

static int conns_release(struct inode *inode, struct file *file)
{
	const struct seq_file *seq = file->private_data;
	struct conn_walk *walk = seq->private;

	rhashtable_walk_exit(&walk->iter);
	return seq_release_private(inode, file);
}

static const struct proc_ops conns_proc_ops = {
	.proc_open	= conns_open,
	.proc_read_iter	= seq_read_iter,
	.proc_lseek	= seq_lseek,
	.proc_release	= conns_release,
};

static const struct proc_ops conns_sync_proc_ops = {
	.proc_open	= conns_sync_open,
	.proc_read_iter	= seq_read_iter,
	.proc_lseek	= seq_lseek,
	.proc_release	= conns_release,
};

/* --- ip_vs_stats and ip_vs_stats_percpu: what all real servers have counted */

static void show_counts(struct seq_file *seq, const struct shunt_stats *stats)
{
	const u64 *count = stats->count;

	seq_printf(seq, "%8llX %8llX %8llX %16llX %16llX\n",
		   count[SHUNT_COUNT_CONNS], count[SHUNT_COUNT_INPKTS],
		   count[SHUNT_COUNT_OUTPKTS], count[SHUNT_COUNT_INBYTES],
		   count[SHUNT_COUNT_OUTBYTES]);
}

static void show_rates(struct seq_file *seq, const struct shunt_stats *stats)
{
	struct shunt_stats rates;
	int i;

	for (i = 0; i < SHUNT_COUNT_MAX; i++)
		rates.count[i] = shunt_rate_per_second(stats->rate[i]);
	show_counts(seq, &rates);
}

static int stats_show(struct seq_file *seq, void *v)
{
	struct shunt_net *sn = seq->private;
	struct shunt_stats stats;

	mutex_lock(&sn->mutex);
	shunt_total_stats(sn, &stats);
	mutex_unlock(&sn->mutex);

	seq_puts(seq, "   Total Incoming Outgoing         Incoming         Outgoing\n");
	seq_puts(seq, "   Conns  Packets  Packets            Bytes            Bytes\n");
	show_counts(seq, &stats);
	seq_puts(seq, "\n Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n");
	show_rates(seq, &stats);
	return 0;
}

/* The last row is the sum of those above it, whatever is counted meanwhile. */
static int stats_percpu_show(struct seq_file *seq, void *v)
{
	struct shunt_stats stats, sum = {};
	struct shunt_net *sn = seq->private;
	int cpu;

	seq_puts(seq, "       Total Incoming Outgoing         Incoming         Outgoing\n");
	seq_puts(seq, "CPU    Conns  Packets  Packets            Bytes            Bytes\n");
	for_each_possible_cpu(cpu) {
		mutex_lock(&sn->mutex);
		shunt_total_stats_on(sn, &stats, cpumask_of(cpu));
		mutex_unlock(&sn->mutex);
		seq_printf(seq, "%3X ", cpu);
		show_counts(seq, &stats);
		shunt_stats_add(&sum, &stats);
	}
	seq_puts(seq, "  ~ ");
	show_counts(seq, &sum);
	seq_puts(seq, "\n     Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n    ");
	show_rates(seq, &sum);
	return 0;
}

DEFINE_PROC_SHOW_ATTRIBUTE(stats);
DEFINE_PROC_SHOW_ATTRIBUTE(stats_percpu);

/* --- ip_vs_app: helpers of protocols that open further connections */

static int app_show(struct seq_file *seq, void *v)
{
	struct shunt_net *sn = seq->private;
	unsigned int i;
	__be16 port;

	seq_puts(seq, "prot port    usecnt name\n");
	for (i = 0; (port = shunt_ftp_port(i)); i++)
		seq_printf(seq, "%-3s  %-7u %-6d %-17s\n", "TCP",
			   be16_to_cpu(port), atomic_read(&sn->ftp_conns[i]),
			   "ftp");
	return 0;
}

DEFINE_PROC_SHOW_ATTRIBUTE(app);

static const struct {
	const char *name;
	const struct proc_ops *ops;
} files[] = {
	{ "ip_vs",		&services_proc_ops },
	{ "ip_vs_conn",		&conns_proc_ops },
	{ "ip_vs_conn_sync",	&conns_sync_proc_ops },
	{ "ip_vs_stats",	&stats_proc_ops },
	{ "ip_vs_stats_percpu",	&stats_percpu_proc_ops },
	{ "ip_vs_app",		&app_proc_ops },
};

static void remove_files(struct shunt_net *sn, size_t count)
{
	while (count--)
		remove_proc_entry(files[count].name, sn->net->proc_net);
}

/**
 * shunt_procfs_init() - make a netns's files
 * @sn:	the netns, in which nobody has files of these names
 *
 * Return: 0 or -ENOMEM.
 */
int shunt_procfs_init(struct shunt_net *sn)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		if (!proc_create_data(files[i].name, 0444, sn->net->proc_net,
				      files[i].ops, sn)) {
			remove_files(sn, i);
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * shunt_procfs_exit() - take a netns's files away
 * @sn:	the netns
 *
 * When it returns nobody is reading them any more, not even who has them open.
 */
void shunt_procfs_exit(struct shunt_net *sn)
{
	remove_files(sn, ARRAY_SIZE(files));
}
