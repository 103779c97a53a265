/* What one member is to others: records, tombstones, suspicions, verdicts, syncs.
 *
 * One subject and NO observers. The network is the set of all statements ever signed: each of them may be
 * delivered to any observer, any number of times, in any order, or never. Time is abstract: "old" means that
 * a suspicion has lasted half of the observer's patience. In phase 0 anything may happen. In phase 1 the faults
 * have stopped: probes are answered truthfully, views are compared, an accused member hears of it. At the end all
 * observers must agree, and a subject that runs must be alive to them.
 *
 * NO      observers
 * NB      lives (boots) of the subject
 * FMAX    highest incarnation reached in phase 0
 * LIAR    a member accuses, and makes up verdicts, at any moment
 * DROP    tombstones may be dropped early (after 24 h, or because the table is full)
 * STRICT  a life that has ended is never alive again at an observer that declared it dead
 * ANSWER  dead -> alive by a statement only if the member has answered since; dead -> dead by a newer record that
 *         a sync brings together with its own verdict
 */
#ifndef NO
#define NO 2
#endif
#ifndef NB
#define NB 2
#endif
#ifndef FMAX
#define FMAX 2
#endif
#ifndef MAXI
#define MAXI (FMAX+5)
#endif

#define U 0
#define ALIVE 1
#define SUSP 2
#define DEAD 3
#define LEFT 4

#define BIT(i,b) (1 << (((i)-1)*NB + (b)))
#define HAS(set,i,b) ((set) & BIT(i,b))

byte st[NO]; byte in[NO]; byte bo[NO];      /* the tables */
bool own[NO]; bool oth[NO];                 /* voices held: ours, others' */
bool old[NO]; bool ackd[NO];                /* time to refute is over; answered since */
bool prv[NO];                               /* its boot has answered us since it last came back */
byte lmask[NO];                             /* ghost: boots seen as left */
int soupA, soupL;                           /* signed ALIVE, LEFT */
#ifdef LIAR        /* every accusation and verdict can be had from the liar at any time */
#define ACC(k) skip
#define VERD(k) skip
#else
int acc[NO]; int verd;                      /* signed SUSPECT of observers; verdicts */
#define ACC(k) acc[k] = acc[k] | BIT(in[k],bo[k])
#define VERD(k) verd = verd | BIT(in[k],bo[k])
#endif
byte ps;                                    /* 0 down, 1 runs, 2 paused, 3 has left and ended */
byte pb, pi, disk;                          /* its boot, incarnation, incarnation file */
byte ended;                                 /* ghost: lives that are over */
bool hrev;                                  /* which boot's core has the greater hash */
bool lossall;

#define NEWER(i,l,b,I,L,B) ((i) > (I) || ((i) == (I) && ((l) > (L) || ((l) == (L) && (b) != (B) && ((hrev && (b) < (B)) || (!hrev && (b) > (B)))))))
#define STAND(o) (st[o] == LEFT)
#define LIVING(o) (st[o] == ALIVE || st[o] == SUSP)

#ifdef ANSWER
#define PRV(o,v) prv[o] = v
#else
#define PRV(o,v) skip
#endif
#ifdef STRICT
#define ENDS ended = ended | (1<<pb)
#else
#define ENDS skip
#endif
inline clear(o) { own[o] = 0; oth[o] = 0; old[o] = 0; ackd[o] = 0 }

/* whether a record is news, and what it makes of the member */
inline adopt(o,i,l,b,verdict) {
  if
  :: st[o] == U ->
       in[o] = i; bo[o] = b; PRV(o,0);
       if :: l -> st[o] = LEFT; lmask[o] = lmask[o] | (1<<b)
          :: !l && verdict -> st[o] = DEAD
          :: else -> assert(!(lmask[o] & (1<<b))); st[o] = ALIVE fi;
       clear(o)
  :: st[o] != U && NEWER(i,l,b,in[o],STAND(o),bo[o]) && !(st[o] == LEFT && b == bo[o]) ->
       assert(i >= in[o]);                                   /* property 1 */
#ifdef ANSWER
       if
       :: st[o] == DEAD && !l && verdict -> in[o] = i; bo[o] = b; PRV(o,0)   /* dead -> dead */
       :: st[o] == DEAD && !l && !verdict && !prv[o] -> skip   /* noted, not believed */
       :: else ->
#endif
       if :: !l -> assert(!(lmask[o] & (1<<b)));              /* property 3 */
                   assert(!(st[o] == DEAD && b == bo[o] && i <= in[o])); /* property 2 */
#ifdef STRICT
                   assert(!((st[o] == DEAD || st[o] == LEFT) && (ended & (1<<b)) && bo[o] == b));
#endif
                   if :: st[o] == DEAD || bo[o] != b -> PRV(o,0) :: else fi;
                   st[o] = ALIVE
          :: else -> st[o] = LEFT; lmask[o] = lmask[o] | (1<<b) fi;
       in[o] = i; bo[o] = b;
       clear(o)
#ifdef ANSWER
       fi
#endif
  :: else
  fi
}

/* a suspicion begins or gets one more voice */
inline accuse(o,mine) {
  if :: st[o] == ALIVE -> st[o] = SUSP; clear(o) :: else fi;
  if :: mine -> own[o] = 1 :: else -> oth[o] = 1 fi
}

inline say(i,b) { assert(i <= MAXI); soupA = soupA | BIT(i,b) }

inline refute() { pi++; disk = pi; say(pi,pb) }

/* a statement about ourselves that we have not made */
inline meetOwn(i,b) {
  if :: b != pb && i >= pi -> pi = i + 1; disk = pi; say(pi,pb)
     :: b == pb && i > pi -> pi = i + 1; disk = pi; say(pi,pb)
     :: else fi
}

/* two observers compare views */
byte s1,i1,b1,s2,i2,b2;
#define FATE(s) ((s) == U -> 3 : ((s) == DEAD -> 1 : ((s) == LEFT -> 2 : 0)))
#define DIFFER(o,p) ((st[o] != U || st[p] != U) && (FATE(st[o]) != FATE(st[p]) || in[o] != in[p] || bo[o] != bo[p]))
inline take(o,s,i,b) {
  if :: s != U ->
       adopt(o,i,(s == LEFT),b,(s == DEAD));
       if :: s == DEAD && st[o] == ALIVE && in[o] == i && bo[o] == b -> st[o] = SUSP; clear(o)
          :: else fi
     :: else fi
}
inline sync(o,p) {
  s1 = st[o]; i1 = in[o]; b1 = bo[o]; s2 = st[p]; i2 = in[p]; b2 = bo[p];
  take(p,s1,i1,b1); take(o,s2,i2,b2);
  s1 = 0; i1 = 0; b1 = 0; s2 = 0; i2 = 0; b2 = 0
}
/* the subject and an observer compare views */
inline syncOwn(o) {
  i1 = in[o]; b1 = bo[o]; s1 = st[o];
  adopt(o,pi,0,pb,0);
  if :: s1 != U -> meetOwn(i1,b1);
        if :: s1 == DEAD && i1 == pi && b1 == pb -> refute() :: else fi
     :: else fi;
  i1 = 0; b1 = 0; s1 = 0
}


/* lists of options, one for each observer, and for each (incarnation, boot) */
#define ALLB(M,k,i) M(k,i,0) M(k,i,1)
#if NB > 2
#define ALLX(M,k) ALLB(M,k,1) ALLB(M,k,2) ALLB(M,k,3) ALLB(M,k,4) ALLB(M,k,5) M(k,1,2) M(k,2,2) M(k,3,2) M(k,4,2) M(k,5,2)
#else
#define ALLX(M,k) ALLB(M,k,1) ALLB(M,k,2) ALLB(M,k,3) ALLB(M,k,4) ALLB(M,k,5)
#endif
#if NO > 2
#define ALLO(M) M(0) M(1) M(2)
#define ALLOX(M) ALLX(M,0) ALLX(M,1) ALLX(M,2)
#define PAIRS(M) M(0,1) M(0,2) M(1,2)
#define OTHERS(k,i,b) ((k != 0 && HAS(acc[0],i,b)) || (k != 1 && HAS(acc[1],i,b)) || (k != 2 && HAS(acc[2],i,b)))
#define ANYACC(i,b) HAS(acc[0]|acc[1]|acc[2]|verd,i,b)
#else
#define ALLO(M) M(0) M(1)
#define ALLOX(M) ALLX(M,0) ALLX(M,1)
#define PAIRS(M) M(0,1)
#define OTHERS(k,i,b) ((k != 0 && HAS(acc[0],i,b)) || (k != 1 && HAS(acc[1],i,b)))
#define ANYACC(i,b) HAS(acc[0]|acc[1]|verd,i,b)
#endif
#ifdef LIAR
#define ACCUSED(k,i,b) 1
#define CONDEMNED(i,b) 1
#define CLAIMED(i,b) 1
#else
#define ACCUSED(k,i,b) OTHERS(k,i,b)
#define CONDEMNED(i,b) HAS(verd,i,b)
#define CLAIMED(i,b) ANYACC(i,b)
#endif
#define RUNS (ps == 1)
#define SAME(k) (RUNS && pb == bo[k])
#define TAKES(k,i,l,b) (st[k] == U || (NEWER(i,l,b,in[k],STAND(k),bo[k]) && !(st[k] == LEFT && b == bo[k])))

/* statements travel */
#define HEARS(k,i,b) \
  :: d_step { HAS(soupA,i,b) && TAKES(k,i,0,b) -> adopt(k,i,0,b,0) } \
  :: d_step { HAS(soupL,i,b) && TAKES(k,i,1,b) -> adopt(k,i,1,b,0) }
#define MEETS(k,i,b) \
  :: d_step { RUNS && HAS(soupA|soupL,i,b) && b != pb && i >= pi -> meetOwn(i,b) }
#define RUMORS(k) \
  :: d_step { LIVING(k) && !oth[k] && ACCUSED(k,in[k],bo[k]) -> accuse(k,0) } \
  :: d_step { st[k] == ALIVE && CONDEMNED(in[k],bo[k]) -> st[k] = SUSP; clear(k) } \
  :: d_step { st[k] == SUSP && CONDEMNED(in[k],bo[k]) && old[k] && !ackd[k] -> \
       st[k] = DEAD; clear(k); VERD(k) }
/* phase 0: anything may be lost, any probe may fail, any deadline may pass */
#define TROUBLE(k) \
  :: d_step { LIVING(k) && !own[k] -> accuse(k,1); ACC(k) } \
  :: d_step { SAME(k) && st[k] == SUSP -> ackd[k] = 1; own[k] = 0; PRV(k,1); \
       if :: !oth[k] -> st[k] = ALIVE; clear(k) :: else fi } \
  PROVES(k) \
  :: d_step { st[k] == SUSP && !old[k] -> old[k] = 1 } \
  :: d_step { st[k] == SUSP && old[k] -> st[k] = DEAD; clear(k); VERD(k) } \
  :: d_step { (st[k] == SUSP || st[k] == DEAD) && SAME(k) && in[k] == pi && pi < FMAX -> refute() } \
  :: d_step { RUNS && pi < FMAX && FRESH(k) -> syncOwn(k) } \
  DROPS(k)
#ifdef ANSWER
#define PROVES(k) :: d_step { SAME(k) && st[k] == ALIVE && !prv[k] -> prv[k] = 1 }
#else
#define PROVES(k)
#endif
#define FRESH(k) (st[k] == U || in[k] != pi || bo[k] != pb || !LIVING(k))
#ifdef DROP
#define DROPS(k) :: d_step { st[k] == DEAD || st[k] == LEFT -> st[k] = U; in[k] = 0; bo[k] = 0; PRV(k,0); clear(k) }
#else
#define DROPS(k)
#endif
/* a comparison that changes something; one that does not is repeated after 1, 2, 4 ... 30 s */
#define SAMERECORD(o,p) (in[o] == in[p] && bo[o] == bo[p])
#define EFFECT(o,p) ((st[o] != U && TAKES(p,in[o],STAND(o),bo[o]) && CANTAKE(o,p)) || (st[p] != U && TAKES(o,in[p],STAND(p),bo[p]) && CANTAKE(p,o)) \
  || (SAMERECORD(o,p) && ((st[o] == DEAD && st[p] == ALIVE) || (st[p] == DEAD && st[o] == ALIVE))))
#ifdef ANSWER    /* from o to p */
#define CANTAKE(o,p) !(st[p] == DEAD && !STAND(o) && st[o] != DEAD && !prv[p])
#else
#define CANTAKE(o,p) 1
#endif
#define SYNCS(o,p) :: d_step { EFFECT(o,p) -> sync(o,p) }
/* phase 1: a probe of the living is answered, one of the dead is not; the accused is told */
#define CALM(k) \
  :: d_step { LIVING(k) && !SAME(k) && !own[k] -> accuse(k,1); ACC(k) } \
  :: d_step { st[k] == SUSP && !SAME(k) && !old[k] -> old[k] = 1 } \
  :: d_step { st[k] == SUSP && !SAME(k) && own[k] && old[k] -> st[k] = DEAD; clear(k); VERD(k) } \
  :: d_step { st[k] == SUSP && SAME(k) && own[k] -> ackd[k] = 1; own[k] = 0; PRV(k,1); \
       if :: !oth[k] -> st[k] = ALIVE; clear(k) :: else fi } \
  :: d_step { (st[k] == SUSP || st[k] == DEAD) && SAME(k) -> PRV(k,1); \
       if :: in[k] == pi -> refute() :: else fi; adopt(k,pi,0,pb,0) } \
  :: d_step { RUNS && FRESH(k) -> \
       if :: bo[k] != pb || st[k] == DEAD -> PRV(k,1) :: else fi; syncOwn(k) }

#define TRUE_ALIVE(k) (st[k] == ALIVE && in[k] == pi && bo[k] == pb)
#if NO > 2
#define AGREE (!DIFFER(0,1) && !DIFFER(1,2))
#define ALL_ALIVE (TRUE_ALIVE(0) && TRUE_ALIVE(1) && TRUE_ALIVE(2))
#define NONE_LIVING (!LIVING(0) && !LIVING(1) && !LIVING(2))
#else
#define AGREE (!DIFFER(0,1))
#define ALL_ALIVE (TRUE_ALIVE(0) && TRUE_ALIVE(1))
#define NONE_LIVING (!LIVING(0) && !LIVING(1))
#endif

active proctype world() {
  d_step { ps = 1; pb = 0; pi = 1; disk = 1; say(1,0) };
  if :: hrev = 0 :: hrev = 1 fi;

progress0:
  do
  :: d_step { ps == 1 || ps == 2 -> ps = 0; ENDS }            /* crash */
  :: d_step { ps == 1 -> ps = 2 }                                               /* pause */
  :: d_step { ps == 2 -> ps = 1 }
  :: d_step { ps == 1 -> ps = 3; soupL = soupL | BIT(pi,pb); ENDS } /* leave */
  :: d_step { (ps == 0 || ps == 3) && pb+1 < NB && disk <= FMAX ->               /* restart */
       pb++; ps = 1; pi = disk + 1; disk = pi; say(pi,pb) }
  :: d_step { (ps == 0 || ps == 3) && pb+1 < NB ->                               /* file lost */
       pb++; ps = 1; pi = 1; disk = 1; say(pi,pb) }
  :: d_step { RUNS && pi < FMAX && CLAIMED(pi,pb) -> refute() }
  ALLOX(HEARS) ALLX(MEETS,0) ALLO(RUMORS) ALLO(TROUBLE) PAIRS(SYNCS)
  :: d_step { ps != 2 -> lossall = 0 } -> break
  :: d_step { ps != 2 -> lossall = 1 } -> break
  od;

  do
  :: d_step { !lossall -> skip } ; 
     if ALLOX(HEARS) ALLX(MEETS,0) :: else -> lossall = 1 fi
  PAIRS(SYNCS) ALLO(CALM)
  :: else -> assert((RUNS && ALL_ALIVE) || (!RUNS && NONE_LIVING && AGREE)); break
  od
}
