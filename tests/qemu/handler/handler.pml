/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protocol of romcompat-handler(7), for spin: a source and its guest, two targets, two
 * sessions, and a network that belongs to an attacker.
 *
 * What was said once stays said: a message can arrive at once, late, twice, in any order, in another
 * session, or never. The keys hold: a message that was changed or made up is not accepted, and so
 * is not there. One side crashes, once, at any step.
 *
 * Defining one of these breaks it, each in one place (check-model says what then fails):
 * NO_KEYS, NO_SESSION, NO_ORDER, NO_MANIFEST, CPU_EARLY, GUEST_RUNS_ON, NO_COMMIT, ABORT_LATE,
 * NO_FENCE, COMMIT_LOST, NO_TIMEOUT. With CAN_SWITCH a switch-over is called an error: that it is
 * found says that the model gets there. With NO_MONITOR nobody asks whether a guest runs at the end.
 */
#define PAGES    2
#define WRITES   1 /* of the guest, while it is moved */
#define SESSIONS 2
#define TARGETS  2
#define NONE     7
#define NEVER    2

mtype = { RUNS, PAUSED, GIVEN_UP, LOST };
mtype source = RUNS;

/* The guest: each step writes a page and changes the CPU's state. A page's version
 * counts from 1, and a target has version 0 of what it never got. */
byte memory[PAGES] = 1;
byte steps;

typedef words {
    bool hello;
    byte peer = NONE;        /* the target whose answer the source took: it is in the key */
    byte pages[PAGES];       /* versions sent, a bit each */
    bool cpu;                /* the CPU's state, and with it the version of each page */
    byte cpu_steps;
    byte manifest[PAGES];
    bool ready, commit, done;
    bool aborted_by_source, aborted_by_target;
};
words said[SESSIONS];

typedef handler {
    byte session = NONE;
    byte version[PAGES];     /* as the message said */
    byte content[PAGES];     /* as it is */
    bool cpu;
    byte cpu_steps;
    byte manifest[PAGES];
    bool ready, runs, ran, crashed;
};
handler target[TARGETS];

byte crashes; /* 1: there was one; NEVER: there will be none */

/* What may never be; check-model looks for these names. */
bool two_guests_run, page_is_lost_or_stale, cpu_state_is_stale, source_forks_the_guest;
bool no_guest_runs, switched_over;

inline look_at_what_starts(t)
{
    two_guests_run = (source == RUNS || source == PAUSED || target[1 - t].runs);
    page_is_lost_or_stale = (target[t].content[0] != memory[0] || target[t].content[1] != memory[1]);
    cpu_state_is_stale = (target[t].cpu_steps != steps);
    assert(!two_guests_run);
    assert(!page_is_lost_or_stale);
    assert(!cpu_state_is_stale);
#ifdef CAN_SWITCH
    switched_over = true;
    assert(!switched_over);
#endif
}

/* --- the source ------------------------------------------------------------ */

#define TRY_STEP(p) steps < WRITES -> d_step { steps++; memory[p] = steps + 1; dirty[p] = true }
#define TRY_PAGE(p) dirty[p] -> d_step { said[s].pages[p] = said[s].pages[p] | (1 << memory[p]); dirty[p] = false }
#define TRY_CRASH   crashes == 0 -> atomic { crashes = 1; source = LOST; goto over }

inline send_cpu()
{
    atomic {
#ifndef CPU_EARLY
        said[s].cpu_steps = steps;
#endif
        said[s].manifest[0] = memory[0];
        said[s].manifest[1] = memory[1];
        said[s].cpu = true
    }
}

active proctype Source()
{
    byte s = 0;
    bool dirty[PAGES];

again:
    said[s].hello = true;
    do
    :: target[0].session == s -> said[s].peer = 0; break
    :: target[1].session == s -> said[s].peer = 1; break
    :: TRY_STEP(0)
    :: TRY_STEP(1)
    :: goto aborted          /* no answer in time */
    :: TRY_CRASH
    od;
    atomic { dirty[0] = true; dirty[1] = true };
#ifdef CPU_EARLY
    said[s].cpu_steps = steps;
#endif
    do
    :: TRY_STEP(0)
    :: TRY_STEP(1)
    :: TRY_PAGE(0)
    :: TRY_PAGE(1)
    :: atomic { source = PAUSED; break }
    :: goto aborted
    :: TRY_CRASH
    od;
    do
    :: TRY_PAGE(0)
    :: TRY_PAGE(1)
    :: !dirty[0] && !dirty[1] -> break
    :: goto aborted          /* the guest has not been given up */
    :: TRY_CRASH
    od;
    send_cpu();
    do
    :: said[s].ready -> break
    :: said[s].aborted_by_target -> goto aborted
#ifndef NO_TIMEOUT
    :: goto aborted
#endif
#ifdef GUEST_RUNS_ON
    :: TRY_STEP(0)
#endif
    :: TRY_CRASH
    od;
    /* First it gives the guest up, then it says so: from here on it alone cannot go back. */
    source = GIVEN_UP;
    said[s].commit = true;
#ifdef COMMIT_LOST
    if
    :: said[s].commit = false /* and it is not sent again */
    :: skip
    fi;
#endif
    do
    :: said[s].done -> goto over
    /* The target's host has stopped it for good, and knows whether the guest had run there. */
#ifdef NO_FENCE
    :: target[said[s].peer].crashed -> goto aborted
#else
    :: target[said[s].peer].crashed && !target[said[s].peer].ran -> goto aborted
    :: target[said[s].peer].crashed && target[said[s].peer].ran -> goto over
#endif
#ifdef ABORT_LATE
    :: goto aborted
#endif
    :: TRY_CRASH
    od;

aborted:
    atomic {
        said[s].aborted_by_source = true;
        source_forks_the_guest = (target[0].ran || target[1].ran);
        assert(!source_forks_the_guest);
        source = RUNS
    };
    s++;
    if
    :: s < SESSIONS -> goto again
    :: else
    fi;
over:
    skip
}

/* --- a target; one that starts anew is another -------------------------------- */

#ifdef NO_SESSION
#define OURS(m) (target[t].session != NONE)
#else
#define OURS(m) (target[t].session == m && said[m].peer == t)
#endif

#ifdef NO_ORDER
#define TAKES_PAGE(p, v) target[t].version[p] != v
#else
#define TAKES_PAGE(p, v) (!target[t].ready && target[t].version[p] < v)
#endif

#ifdef NO_MANIFEST
#define COMPLETE true
#else
#define COMPLETE (target[t].version[0] == target[t].manifest[0] && target[t].version[1] == target[t].manifest[1])
#endif

#define TRY_TAKE(m, p, v) \
    OURS(m) && (said[m].pages[p] & (1 << v)) && TAKES_PAGE(p, v) -> \
        d_step { target[t].version[p] = v; target[t].content[p] = v }

#define TRY_MESSAGES(m) \
    TRY_TAKE(m, 0, 1) :: TRY_TAKE(m, 0, 2) :: TRY_TAKE(m, 1, 1) :: TRY_TAKE(m, 1, 2) \
    :: OURS(m) && said[m].cpu && !target[t].cpu -> d_step { \
            target[t].cpu_steps = said[m].cpu_steps; \
            target[t].manifest[0] = said[m].manifest[0]; \
            target[t].manifest[1] = said[m].manifest[1]; \
            target[t].cpu = true } \
    :: atomic { OURS(m) && target[t].ready && said[m].commit -> goto starts } \
    :: OURS(m) && said[m].aborted_by_source && !said[m].commit -> goto over

#define TRY_CRASH_OF_TARGET \
    atomic { crashes == 0 -> crashes = 1; target[t].crashed = true; target[t].runs = false; goto over }

active [TARGETS] proctype Target()
{
    byte t = _pid - 1;

end_no_session:
    do
    :: said[0].hello -> target[t].session = 0; break
    :: said[1].hello -> target[t].session = 1; break
    :: TRY_CRASH_OF_TARGET
    od;
    do
    :: TRY_MESSAGES(0)
    :: TRY_MESSAGES(1)
#ifdef NO_KEYS
    :: !target[t].ready && target[t].version[0] < 2 -> d_step { target[t].version[0]++; target[t].content[0] = 0 }
#endif
    :: target[t].cpu && COMPLETE && !target[t].ready ->
        d_step { target[t].ready = true; said[target[t].session].ready = (said[target[t].session].peer == t) }
#ifdef NO_COMMIT
    :: target[t].ready -> goto starts
#endif
    /* Before it is ready it may give up; after that the guest may be its own. */
    :: !target[t].ready -> said[target[t].session].aborted_by_target = (said[target[t].session].peer == t); goto over
    /* Its host clears away what waits for a source that is no more. */
    :: source == LOST && !said[target[t].session].commit -> goto over
    :: TRY_CRASH_OF_TARGET
    od;

starts:
    atomic {
        look_at_what_starts(t);
        target[t].runs = true;
        target[t].ran = true;
        said[target[t].session].done = true
    };
end_runs:
    do
    :: TRY_CRASH_OF_TARGET
    od;
over:
    skip
}

/* When nothing more happens, one guest runs, unless a side crashed. */
active proctype Monitor()
{
    if
    :: atomic { crashes == 0 -> crashes = NEVER }
    :: crashes == 1
    fi;
    timeout;
    no_guest_runs = (crashes == NEVER && source != RUNS && !target[0].runs && !target[1].runs);
#ifndef NO_MONITOR
    assert(!no_guest_runs)
#endif
}
