/* LD_PRELOAD: lets Samba's LDAP server, which knows no port option, listen elsewhere.
 *
 * LABS_PORTMAP="389:27389,636:27636" makes bind(2) to the first port of a pair use the second, and
 * getsockname(2) tell the first again: Samba decides by its local port whether to speak TLS. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdlib.h>

static int lookup(int port, int backwards) {
  const char *at = getenv("LABS_PORTMAP");
  while (at && *at) {
    char *end;
    int wanted = (int)strtol(at, &end, 10);
    if (*end != ':') break;
    int actual = (int)strtol(end + 1, &end, 10);
    if (port == (backwards ? actual : wanted)) return backwards ? wanted : actual;
    at = *end == ',' ? end + 1 : end;
  }
  return port;
}

int bind(int fd, const struct sockaddr *address, socklen_t length) {
  static int (*next)(int, const struct sockaddr *, socklen_t);
  if (!next) next = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind");
  if (!address || address->sa_family != AF_INET) return next(fd, address, length);
  struct sockaddr_in moved = *(const struct sockaddr_in *)address;
  moved.sin_port = htons((in_port_t)lookup(ntohs(moved.sin_port), 0));
  return next(fd, (const struct sockaddr *)&moved, sizeof moved);
}

int getsockname(int fd, struct sockaddr *address, socklen_t *length) {
  static int (*next)(int, struct sockaddr *, socklen_t *);
  if (!next) next = (int (*)(int, struct sockaddr *, socklen_t *))dlsym(RTLD_NEXT, "getsockname");
  int result = next(fd, address, length);
  if (result == 0 && address->sa_family == AF_INET) {
    struct sockaddr_in *in = (struct sockaddr_in *)address;
    in->sin_port = htons((in_port_t)lookup(ntohs(in->sin_port), 1));
  }
  return result;
}
