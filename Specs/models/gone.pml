/* A member whose machine refuses a connection: each observer checks for itself.
 *
 * One subject, two observers, any number of liars that sign "gone" at any moment. A check is three
 * heartbeats and one TCP connection attempt; it ends when all of them have been decided. If the subject's own
 * machine refused the connection and no heartbeat was answered, the subject is dead. LOSS: both may be lost.
 *
 * HEALTHY   the subject never stops; then no observer may declare it dead
 * NOBIND    a check is not bound to the record with which it began
 * QUORUM=q  a verdict with q "gone" signatures is believed without a check; LIARS of them lie
 * MOVE      the subject changes its address while it runs
 * FIREWALL  a firewall may refuse in the subject's name
 * PAUSE     the subject may be stopped for a while
 * ONESIGN   the refused connection alone decides
 * WHO       a sign of another boot at the address ends the check
 * SEVERAL   a connection attempt that brings nothing is repeated, until one is refused or accepted
 * KEEP      with MOVE: the old address stays open until the observers know the new record
 * RENEW     the subject changes its boot key while it runs, and still answers for the one before
 * DOUBT     a refusal is dismissed at any moment: the network refuses, or the member stands behind a filter
 * away[o] is an observation of the model, not of a node: the life that is checked was not running at some moment
 * since the check began.
 */
#ifndef NO
#define NO 2
#endif
#define NB 3
#define ALIVE 1
#define SUSP 2
#define DEAD 3
bool up = 1; byte pb = 0; byte pi = 1; byte addr = 0; byte downs; bool lostfile;
byte st[NO] = ALIVE; byte in[NO] = 1; byte bo[NO]; byte ad[NO];
bool chk[NO]; byte hb[NO]; bool ans[NO]; byte kn[NO];   /* kn: 0 open, 1 refused, 2 let in, 3 nothing */
byte ci[NO]; byte cb[NO]; byte ca[NO];
bool away[NO]; byte gacc; bool quiet; bool paused;

bool open0 = 1; bool renewed;
#ifdef KEEP
#define AT(a) (addr == (a) || ((a) == 0 && open0))
#else
#define AT(a) (addr == (a))
#endif
#define BOOT(b) (pb == (b) || (renewed && pb == (b) + 1))
#define PORT(a) (up && AT(a))
#define AN(o,b,a) (up && !paused && AT(a) && BOOT(b))
#define LIVING(o) (st[o] == ALIVE || st[o] == SUSP)
inline endcheck(o) { chk[o] = 0; hb[o] = 0; ans[o] = 0; kn[o] = 0; ci[o] = 0; cb[o] = 0; ca[o] = 0; away[o] = 0 }
inline begin(o) { chk[o] = 1; ci[o] = in[o]; cb[o] = bo[o]; ca[o] = ad[o]; away[o] = !(up && BOOT(bo[o])) }
inline goesDown() { up = 0; downs++;
  if :: chk[0] && BOOT(cb[0]) -> away[0] = 1 :: else fi; if :: chk[1] && BOOT(cb[1]) -> away[1] = 1 :: else fi; renewed = 0 }
inline learn(o) {
  if :: pi > in[o] -> in[o] = pi; bo[o] = pb; ad[o] = addr; st[o] = ALIVE;
#ifndef NOBIND
       endcheck(o)
#else
       skip
#endif
     :: else fi
}
#ifdef LOSS
#define MAYLOSE 1
#else
#define MAYLOSE 0
#endif
#ifdef FIREWALL
#define REFUSED(o) :: d_step { chk[o] && kn[o] == 0 && !quiet -> kn[o] = 1 }
#else
#define REFUSED(o)
#endif
#ifdef SEVERAL
#define LOST(o)
#else
#define LOST(o) :: d_step { chk[o] && kn[o] == 0 && MAYLOSE && !quiet -> kn[o] = 3 }
#endif
#ifdef DOUBT
#define DOUBTED(o) :: d_step { chk[o] && kn[o] == 1 && !quiet -> kn[o] = 0 }
#else
#define DOUBTED(o)
#endif
#ifdef ONESIGN
#define GONE(o) (kn[o] == 1)
#else
#define GONE(o) (kn[o] == 1 && !ans[o])
#endif
#define OBSERVER(o) \
  :: d_step { LIVING(o) && !chk[o] && !quiet -> begin(o) }              /* an observer hears "gone" */ \
  :: d_step { LIVING(o) && !chk[o] && quiet && !AN(o,bo[o],ad[o]) -> begin(o) } \
  :: d_step { chk[o] && hb[o] < 3 && AN(o,cb[o],ca[o]) -> hb[o] = 3; ans[o] = 1 } \
  :: d_step { chk[o] && hb[o] < 3 && (!AN(o,cb[o],ca[o]) || (MAYLOSE && !quiet)) -> hb[o]++ } \
  :: d_step { chk[o] && kn[o] == 0 && PORT(ca[o]) -> kn[o] = 2 } \
  :: d_step { chk[o] && kn[o] == 0 && !PORT(ca[o]) -> kn[o] = 1 } \
  LOST(o) \
  REFUSED(o) \
  DOUBTED(o) \
  :: d_step { chk[o] && hb[o] == 3 && kn[o] && GONE(o) -> \
       assert(away[o]);                           /* a life declared dead was away meanwhile */ \
       assert(in[o] == ci[o] && bo[o] == cb[o]);  /* and it is that life that is declared dead */ \
       st[o] = DEAD; endcheck(o); gacc = gacc | (1<<o) } \
  :: d_step { chk[o] && hb[o] == 3 && kn[o] && !GONE(o) -> \
       if :: quiet && !AN(o,bo[o],ad[o]) -> st[o] = DEAD :: else fi; endcheck(o) }    /* the ordinary way */ \
  :: d_step { up && in[o] < pi -> learn(o) } \
  :: d_step { up && st[o] == DEAD && AN(o,bo[o],ad[o]) && in[o] == pi && pi < 6 -> pi++; learn(o) } \
  :: d_step { st[o] == ALIVE && st[1-o] == DEAD && in[o] > in[1-o] -> in[1-o] = in[o]; bo[1-o] = bo[o]; ad[1-o] = ad[o]; st[1-o] = ALIVE; endcheck(1-o) } \
  WHOS(o) QUOR(o)
#ifdef WHO
#define WHOS(o) :: d_step { chk[o] && up && addr == ca[o] && pb != cb[o] -> endcheck(o) }
#else
#define WHOS(o)
#endif
#ifdef QUORUM
#define QUOR(o) :: d_step { LIVING(o) && ((gacc & 1) + ((gacc>>1) & 1) + LIARS) >= QUORUM -> assert(!AN(o,bo[o],ad[o])); st[o] = DEAD; endcheck(o) }
#else
#define QUOR(o)
#endif

active proctype world() {
  do
#ifndef HEALTHY
  :: d_step { up && !quiet -> goesDown() }
  :: d_step { !up && pb+1 < NB && !quiet -> up = 1; pb++; pi++ }
  :: d_step { !up && pb+1 < NB && !quiet && !lostfile -> up = 1; pb++; lostfile = 1; pi = pi + 1 } /* told by the seed */
#endif
#ifdef PAUSE
  :: d_step { up && !quiet -> paused = 1 } :: d_step { paused -> paused = 0 }
#endif
#ifdef MOVE
  :: d_step { up && addr == 0 && !quiet -> addr = 1; pi++ }
#ifdef KEEP
  :: d_step { addr == 1 && open0 && in[0] == pi && in[1] == pi -> open0 = 0 }
#endif
#endif
#ifdef RENEW
  :: d_step { up && !renewed && pb+1 < NB && !quiet -> pb++; pi++; renewed = 1 }
#endif
  :: d_step { !quiet -> quiet = 1 }
  OBSERVER(0) OBSERVER(1)
  :: else -> break
  od;
  assert((up && st[0] == ALIVE && st[1] == ALIVE && in[0] == pi && in[1] == pi) || (!up && st[0] == DEAD && st[1] == DEAD))
}
