/* A boot key that another identity states while its owner is dead.
 *
 * V owns boot 0. M lies: it states boot 1 or V's boot 0 as its own, at any incarnation, and refutes whenever it
 * is accused (for that its identity is enough). It answers heartbeats under boot 1 only. Each observer holds two
 * records, and knows to which member a boot belongs. At the end V, which runs, must be alive to both observers.
 *
 * RULE 0    a record is refused if a *living* other member holds the boot
 *      1    it is refused if any other entry holds the boot, dead or alive
 *      2    1, and a handshake that shows the boot together with its owner's record takes the boot from an entry
 *           that has never shown it so
 * NEWCOMER  the second observer begins with an empty table
 * DROPS     dead entries may be dropped (after 24 h, or because the table is full)
 * RENEW     V renews its boot (boot 2) when it sees the claim
 */
#ifndef RULE
#define RULE 0
#endif
#define U 0
#define ALIVE 1
#define DEAD 3
#define NOBODY 2
#define V 0
#define M 1
#define I(o,m) (2*(o)+(m))
byte st[4]; byte in[4]; byte bo[4]; bool shown[4];
byte hold[6];              /* by 3*observer+boot */
byte vi = 1; byte vb = 0; bool vup = 1;
byte mi[3];                /* M's newest statement, by boot; 0: none */
byte mtop = 0; bool quiet;
#define LIVING(x) (st[x] == ALIVE)
#if RULE == 0
#define FREE(o,m,b) (hold[3*(o)+(b)] == NOBODY || hold[3*(o)+(b)] == (m) || !LIVING(I(o,hold[3*(o)+(b)])))
#else
#define FREE(o,m,b) (hold[3*(o)+(b)] == NOBODY || hold[3*(o)+(b)] == (m))
#endif
inline put(o,m,i,b,s) {            /* the table takes in a record */
  if :: st[I(o,m)] != U && bo[I(o,m)] != b -> hold[3*(o)+bo[I(o,m)]] = NOBODY; shown[I(o,m)] = 0 :: else fi;
  st[I(o,m)] = s; in[I(o,m)] = i; bo[I(o,m)] = b; hold[3*(o)+(b)] = m
}
inline drop(o,m) {
  if :: hold[3*(o)+bo[I(o,m)]] == m -> hold[3*(o)+bo[I(o,m)]] = NOBODY :: else fi;
  st[I(o,m)] = U; in[I(o,m)] = 0; bo[I(o,m)] = 0; shown[I(o,m)] = 0
}
#define NEWS(o,m,i,b) ((i) > in[I(o,m)] || st[I(o,m)] == U)
#define FRAMES(o) (hold[3*(o)+vb] == V)      /* V's frames are taken for V's */
#define OBS(o) \
  :: d_step { vup && NEWS(o,V,vi,vb) && FREE(o,V,vb) -> put(o,V,vi,vb,ALIVE) } \
  :: d_step { mi[0] && NEWS(o,M,mi[0],0) && FREE(o,M,0) -> put(o,M,mi[0],0,ALIVE) } \
  :: d_step { mi[1] && NEWS(o,M,mi[1],1) && FREE(o,M,1) -> put(o,M,mi[1],1,ALIVE) } \
  :: d_step { st[I(o,V)] == ALIVE && !(vup && bo[I(o,V)] == vb) -> st[I(o,V)] = DEAD } \
  :: d_step { !quiet && st[I(o,V)] == ALIVE -> st[I(o,V)] = DEAD }            /* a pause, a split */ \
  :: d_step { vup && st[I(o,V)] == DEAD && in[I(o,V)] == vi && bo[I(o,V)] == vb && vi < (quiet -> 8 : 4) -> vi++ } /* V hears of it, or is asked WHO it is */ \
  :: d_step { st[I(o,M)] == ALIVE && bo[I(o,M)] == 0 && !quiet -> st[I(o,M)] = DEAD } /* M does not refute */ \
  DROPPED(o) SHOWN(o)
#if RULE == 2
#define SHOWN(o) \
  :: d_step { vup && NEWS(o,V,vi,vb) && hold[3*(o)+vb] == M && !shown[I(o,M)] -> \
       drop(o,M); put(o,V,vi,vb,ALIVE); shown[I(o,V)] = 1 }
#else
#define SHOWN(o)
#endif
#ifdef DROPS
#define DROPPED(o) :: d_step { !quiet && st[I(o,V)] == DEAD -> drop(o,V) } :: d_step { !quiet && st[I(o,M)] == DEAD -> drop(o,M) }
#else
#define DROPPED(o)
#endif
active proctype world() {
  d_step { hold[0] = NOBODY; hold[1] = NOBODY; hold[2] = NOBODY; hold[3] = NOBODY; hold[4] = NOBODY; hold[5] = NOBODY;
    put(0,V,1,0,ALIVE);
#ifndef NEWCOMER
    put(1,V,1,0,ALIVE)
#endif
  }
  do
  :: d_step { !quiet && vup -> vup = 0 } :: d_step { !quiet && !vup -> vup = 1 }
  :: d_step { !quiet && mtop < 3 -> mtop++; mi[0] = mtop }      /* M states V's boot */
  :: d_step { !quiet && mtop < 3 -> mtop++; mi[1] = mtop }      /* or its own */
#ifdef RENEW
  :: d_step { vup && vb == 0 && vi < 7 && (hold[0] == M || hold[3] == M) -> vb = 2; vi++ }   /* V sees it and renews */
#endif
  :: d_step { !quiet && vup -> quiet = 1 }
  OBS(0) OBS(1)
  :: else -> break
  od;
  /* V runs and has told everybody its newest record, as often as it likes */
  assert(st[I(0,V)] == ALIVE && in[I(0,V)] == vi && bo[I(0,V)] == vb && FRAMES(0));
  assert(st[I(1,V)] == ALIVE && in[I(1,V)] == vi && bo[I(1,V)] == vb && FRAMES(1))
}
