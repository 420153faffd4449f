// SPDX-License-Identifier: GPL-2.0-only
#include "director.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netlink/attr.h>

#include "codec.h"
#include "command.h"
#include "procfs.h"
#include "refusal.h"

#define FAMILY_VARIABLE "SHUNT_FAMILY"

/* How often a dump is asked for again where something changed meanwhile. */
#define DUMP_TRIES 8

/* The kernel's own idea of where modprobe is. */
static void modprobe_path(char *path, size_t size)
{
	int fd = open("/proc/sys/kernel/modprobe", O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;

	if (fd >= 0) {
		got = read(fd, path, size - 1);
		close(fd);
	}
	path[got > 0 ? got : 0] = '\0';
	path[strcspn(path, "\n")] = '\0';
	if (!path[0])
		strncpy(path, "/sbin/modprobe", size);
}

static void modprobe(const char *module, bool quiet)
{
	char path[256];
	pid_t pid;

	modprobe_path(path, sizeof(path));
	pid = fork();
	if (!pid) {
		int null = quiet ? open("/dev/null", O_RDWR) : -1;

		if (null >= 0)
			dup2(null, STDERR_FILENO);
		execl(path, path, module, (char *)NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/*
 * Asking for IPVS makes the kernel load ip_vs, so where neither is there, the
 * chance to load Shunt is before that.
 */
static bool find_family(struct shunt_nl *nl, const char *forced, bool classic)
{
	const char *first = forced ? forced : SHUNT_GENL_NAME;

	if (shunt_nl_resolve(nl, first))
		return true;
	if (!classic && !strcmp(first, SHUNT_GENL_NAME) &&
	    access("/proc/net/ip_vs", F_OK)) {
		modprobe("shunt", true);
		if (shunt_nl_resolve(nl, first))
			return true;
	}
	if (!forced && shunt_nl_resolve(nl, SHUNT_GENL_COMPAT_NAME))
		return true;
	if (!classic)
		return false;
	modprobe("ip_vs", false);
	return shunt_nl_resolve(nl, first) ||
	       (!forced && shunt_nl_resolve(nl, SHUNT_GENL_COMPAT_NAME));
}

static int no_director(struct error *error, const char *reason,
		       const char *better)
{
	error_set(error, EXIT_USAGE,
		  "Can't initialize ipvs: %s\nAre you sure that IP Virtual Server is built in the kernel or as module?",
		  reason);
	return error_replace(error, "%s", better);
}

static int no_family(struct error *error, const char *forced)
{
	no_director(error, strerror(ENOPROTOOPT),
		    "Neither Shunt nor ip_vs is there: load one with `insmod shunt.ko' (or `modprobe shunt' where it is installed), or with `modprobe ip_vs'");
	if (forced)
		error_replace(error, "The kernel has no family %s, which the environment variable %s asks for",
			      forced, FAMILY_VARIABLE);
	return -1;
}

static int info_row(struct nlmsghdr *hdr, void *arg)
{
	return codec_get_info(hdr, arg);
}

/* Stock ip_vs has no total to leave out. */
static int fetch_info(struct director *director, bool brief,
		      struct shunt_nl_reply *reply)
{
	struct nl_msg *msg = shunt_nl_request(&director->nl,
					      SHUNT_CMD_GET_INFO, 0);

	if (msg && brief)
		nla_put_flag(msg, SHUNT_INFO_ATTR_BRIEF);
	return shunt_nl_talk(&director->nl, msg, info_row, &director->info,
			     reply);
}

int director_open(struct director *director, bool classic,
		  struct error *error)
{
	const char *forced = getenv(FAMILY_VARIABLE);
	struct shunt_nl *nl = &director->nl;
	struct shunt_nl_reply reply;
	int failed;

	memset(director, 0, sizeof(*director));
	failed = shunt_nl_open(nl, SHUNT_NL_LONG);
	if (failed)
		return no_director(error, strerror(failed), strerror(failed));
	if (forced && !*forced)
		forced = NULL;
	if (!find_family(nl, forced, classic)) {
		no_family(error, forced);
		goto close;
	}
	if (!fetch_info(director, nl->is_shunt, &reply))
		return 0;
	if (reply.error == EPERM)
		no_director(error, "Permission denied (you must be root)",
			    "Permission denied: this needs root, or CAP_NET_ADMIN");
	else
		no_director(error, strerror(reply.error),
			    strerror(reply.error));
close:
	director_close(director);
	return -1;
}

void director_close(struct director *director)
{
	shunt_nl_close(&director->nl);
}

int director_total(struct director *director, struct error *error)
{
	struct shunt_nl_reply reply;

	if (!fetch_info(director, false, &reply))
		return 0;
	return refusal(error, CMD_LIST, "total", &reply);
}

static int service_row(struct nlmsghdr *hdr, void *arg)
{
	struct entry entry = { .dests = LIST_OF(struct dest) };

	if (codec_get_service(hdr, &entry.service))
		return -1;
	return list_add(arg, &entry) ? 0 : -1;
}

static int dest_row(struct nlmsghdr *hdr, void *arg)
{
	struct entry *entry = arg;
	struct dest dest;

	if (codec_get_dest(hdr, entry->service.addr.family, &dest))
		return -1;
	return list_add(&entry->dests, &dest) ? 0 : -1;
}

/* A message about a service, or about more real servers of the last one. */
static int entry_row(struct nlmsghdr *hdr, void *arg)
{
	struct entry entry = { .dests = LIST_OF(struct dest) };
	struct list *table = arg;
	struct entry *last;

	if (codec_get_service(hdr, &entry.service))
		return -1;
	last = table->count ? list_at(table, struct entry, table->count - 1) :
			      NULL;
	if (!last || service_compare(&last->service, &entry.service))
		last = list_add(table, &entry);
	return last && !codec_get_dests(hdr, last->service.addr.family,
					&last->dests) ? 0 : -1;
}

/*
 * What changes while it is dumped may be in there twice or not at all. Where it
 * never keeps still, the last answer is as good as any.
 */
static int fetch_all(struct shunt_nl *nl, bool brief, struct list *table,
		     struct shunt_nl_reply *reply)
{
	for (int tries = DUMP_TRIES; tries; tries--) {
		struct nl_msg *msg = shunt_nl_request(nl, SHUNT_CMD_GET_ALL,
						      NLM_F_DUMP);

		if (msg && brief)
			nla_put_flag(msg, SHUNT_CMD_ATTR_BRIEF);
		table_free(table);
		if (shunt_nl_talk(nl, msg, entry_row, table, reply))
			return -1;
		if (!reply->interrupted)
			break;
	}
	return 0;
}

static struct nl_msg *request_of(const struct shunt_nl *nl, int cmd, int flags,
				 const struct service *service)
{
	struct nl_msg *msg = shunt_nl_request(nl, cmd, flags);

	if (msg && service && codec_put_service_key(msg, service)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

static int fetch_dests(struct shunt_nl *nl, struct entry *entry,
		       struct shunt_nl_reply *reply)
{
	return shunt_nl_talk(nl, request_of(nl, SHUNT_CMD_GET_DEST, NLM_F_DUMP,
					    &entry->service),
			     dest_row, entry, reply);
}

/* The way of IPVS: the services, and then the real servers of each. */
static int fetch_each(struct shunt_nl *nl, const struct service *only,
		      struct list *table, struct shunt_nl_reply *reply)
{
	int failed = shunt_nl_talk(nl, request_of(nl, SHUNT_CMD_GET_SERVICE,
						  only ? 0 : NLM_F_DUMP, only),
				   service_row, table, reply);

	for (size_t i = 0; i < table->count && !failed; i++)
		failed = fetch_dests(nl, list_at(table, struct entry, i),
				     reply);
	return failed;
}

/* @settled: Shunt says that it is what there was at one moment. */
static int fetch_services(struct director *director,
			  const struct service *only, bool brief,
			  struct list *table, bool *settled,
			  struct error *error)
{
	struct shunt_nl *nl = &director->nl;
	bool all = nl->is_shunt && !only;
	struct shunt_nl_reply reply;

	if (all ? fetch_all(nl, brief, table, &reply) :
		  fetch_each(nl, only, table, &reply))
		return refusal(error, CMD_LIST, "list", &reply);
	*settled = all && !reply.interrupted;
	return 0;
}

int director_services(struct director *director, const struct service *only,
		      bool brief, struct list *table, struct error *error)
{
	bool settled;

	return fetch_services(director, only, brief, table, &settled, error);
}

static int conn_row(struct nlmsghdr *hdr, void *arg)
{
	struct conn conn;

	if (codec_get_conn(hdr, &conn))
		return -1;
	return list_add(arg, &conn) ? 0 : -1;
}

int director_conns(struct director *director, struct list *conns,
		   struct error *error)
{
	struct shunt_nl *nl = &director->nl;
	struct shunt_nl_reply reply;

	if (!nl->is_shunt)
		return procfs_conns(conns, error);
	if (!shunt_nl_talk(nl, shunt_nl_request(nl, SHUNT_CMD_GET_CONN,
						NLM_F_DUMP),
			   conn_row, conns, &reply))
		return 0;
	return refusal(error, CMD_LIST, "connection", &reply);
}

static int daemon_row(struct nlmsghdr *hdr, void *arg)
{
	struct sync_daemon daemon;

	if (codec_get_daemon(hdr, &daemon))
		return -1;
	return list_add(arg, &daemon) ? 0 : -1;
}

int director_daemons(struct director *director, struct list *daemons,
		     struct error *error)
{
	struct shunt_nl *nl = &director->nl;
	struct shunt_nl_reply reply;

	if (!shunt_nl_talk(nl, shunt_nl_request(nl, SHUNT_CMD_GET_DAEMON,
						NLM_F_DUMP),
			   daemon_row, daemons, &reply))
		return 0;
	return refusal(error, CMD_LIST, "daemon", &reply);
}

/* Where there is no synchronisation yet, there is nothing of it. */
static int fetch_daemons(struct director *director, struct list *daemons,
			 struct error *error)
{
	struct error refused = { 0 };

	if (!director_daemons(director, daemons, &refused) ||
	    refused.kernel == EOPNOTSUPP)
		return 0;
	*error = refused;
	return -1;
}

static int timeouts_row(struct nlmsghdr *hdr, void *arg)
{
	return codec_get_timeouts(hdr, arg);
}

int director_timeouts(struct director *director, struct timeouts *timeouts,
		      struct error *error)
{
	struct shunt_nl *nl = &director->nl;
	struct shunt_nl_reply reply;

	if (!shunt_nl_talk(nl, shunt_nl_request(nl, SHUNT_CMD_GET_CONFIG, 0),
			   timeouts_row, timeouts, &reply))
		return 0;
	return refusal(error, CMD_LIST, "timeout", &reply);
}

static int fetch_config(struct director *director, struct config *config,
			bool *settled, struct error *error)
{
	return fetch_services(director, NULL, true, &config->table, settled,
			      error) ||
	       director_timeouts(director, &config->timeouts, error) ||
	       fetch_daemons(director, &config->daemons, error) ? -1 : 0;
}

/*
 * Half a configuration must not be saved, nor taken for what there was. IPVS
 * does not say when a dump was interrupted, so there two have to be the same.
 */
int director_config(struct director *director, struct config *config,
		    struct error *error)
{
	struct config before = CONFIG_EMPTY;
	bool settled;
	int failed = fetch_config(director, config, &settled, error);

	for (int tries = 1; !failed && !settled && !director->nl.is_shunt &&
	     tries < DUMP_TRIES; tries++) {
		config_free(&before);
		before = *config;
		*config = (struct config)CONFIG_EMPTY;
		failed = fetch_config(director, config, &settled, error);
		settled = !failed && config_same(&before, config);
	}
	config_free(&before);
	if (!failed && !settled)
		failed = error_set(error, EXIT_KERNEL,
				   "the configuration changes all the time, try again");
	return failed;
}

static int drops_row(struct nlmsghdr *hdr, void *arg)
{
	struct drop drop;
	int got;

	for (unsigned int i = 0; (got = codec_get_drop(hdr, i, &drop)) > 0; i++)
		if (!list_add(arg, &drop))
			return -1;
	return got;
}

int director_drops(struct director *director, struct list *drops,
		   struct error *error)
{
	struct shunt_nl *nl = &director->nl;
	struct shunt_nl_reply reply;

	if (!nl->is_shunt)
		return error_set(error, EXIT_KERNEL,
				 "--drops needs Shunt, and this is ip_vs, which does not count why it drops packets");
	if (!shunt_nl_talk(nl, shunt_nl_request(nl, SHUNT_CMD_GET_DROPS, 0),
			   drops_row, drops, &reply))
		return 0;
	return refusal(error, CMD_LIST, "drops", &reply);
}
