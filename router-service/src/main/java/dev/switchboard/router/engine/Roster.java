package dev.switchboard.router.engine;

import dev.switchboard.router.engine.Scheduler.Action;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who is here, who runs, and who is next to begin. Clients take turns; one that has nothing running
 * goes before those that have. A request begins when a place is free and the memory for its tokens
 * and a little more; what it takes later it takes from requests that began after it, whose states
 * are given up. So the one that began first can always go on, and every other comes to be first.
 */
final class Roster {
  /** Tokens after a prompt for which memory must be there at the beginning. */
  static final int HEADROOM_TOKENS = 64;

  private final SchedulerLimits limits;
  private final KvRoom room;
  private final Map<Long, Entry> entries = new LinkedHashMap<>();

  /** In the order of their turns. */
  private final LinkedHashMap<String, Client> clients = new LinkedHashMap<>();

  /** In the order in which they began. */
  private final List<Entry> running = new ArrayList<>();

  private int waiting;
  private int fresh;
  private long begun;

  Roster(SchedulerLimits limits, KvRoom room) {
    this.limits = limits;
    this.room = room;
  }

  @Nullable Entry find(long id) {
    return entries.get(id);
  }

  Collection<Entry> all() {
    return entries.values();
  }

  List<Entry> running() {
    return running;
  }

  int waiting() {
    return waiting;
  }

  /** Whether one more can neither begin nor wait; those that have begun before do not count. */
  boolean full(Ticket ticket) {
    boolean begins = waiting == 0 && fits(new Entry(ticket, new Client(ticket.client())));
    return fresh >= limits.maxQueued() && !begins;
  }

  /** How many of those that wait will begin before a newcomer, as clients take turns. */
  int ahead(String newcomer) {
    Client asking = clients.get(newcomer);
    boolean first = asking == null || asking.running == 0;
    int own = asking == null ? 0 : asking.waiting();
    int ahead = own;
    for (Client client : clients.values()) {
      if (client != asking && (!first || client.running == 0)) {
        ahead += Math.min(client.waiting(), own + 1);
      }
    }
    return ahead;
  }

  Entry add(Ticket ticket) {
    Client client = clients.computeIfAbsent(ticket.client(), Client::new);
    Entry entry = new Entry(ticket, client);
    entries.put(ticket.id(), entry);
    client.queue(entry);
    waiting++;
    fresh++;
    return entry;
  }

  void remove(Entry entry) {
    entries.remove(entry.id());
    if (entry.running) {
      running.remove(entry);
      entry.client.running--;
    } else {
      entry.client.leave(entry);
      waiting--;
      fresh -= entry.hasBegun() ? 0 : 1;
    }
    if (entry.client.isEmpty()) {
      clients.remove(entry.client.name);
    }
  }

  /** Back into the line; its state is to be freed. */
  Action giveUp(Entry entry) {
    running.remove(entry);
    entry.client.running--;
    entry.giveUp();
    entry.client.queue(entry);
    waiting++;
    return new Action.Preempt(entry.id());
  }

  /**
   * Begins whoever can. For a client that has nothing running, and where all that run wait for
   * their readers, makes room.
   */
  void admit(List<Action> actions) {
    for (Client client = nextClient(); client != null; client = nextClient()) {
      Entry entry = client.next();
      if (entry == null) {
        return;
      }
      if (!fits(entry)) {
        boolean nobodyGoesOn = running.stream().allMatch(e -> e.paused);
        Entry victim = nobodyGoesOn ? victim() : client.running == 0 ? richest() : null;
        if (victim != null) {
          actions.add(giveUp(victim));
        }
        return;
      }
      begin(entry);
      actions.add(new Action.Start(entry.id()));
    }
  }

  private void begin(Entry entry) {
    Client client = entry.client;
    client.leave(entry);
    waiting--;
    client.running++;
    entry.running = true;
    if (!entry.hasBegun()) {
      entry.begun = begun++;
      fresh--;
    }
    int at = running.size();
    while (at > 0 && running.get(at - 1).begun > entry.begun) {
      at--;
    }
    running.add(at, entry);
    clients.remove(client.name);
    clients.put(client.name, client);
  }

  /** Whose turn it is of those that have somebody waiting. */
  private @Nullable Client nextClient() {
    Client first = null;
    for (Client client : clients.values()) {
      if (client.next() != null) {
        if (client.running == 0) {
          return client;
        }
        first = first == null ? client : first;
      }
    }
    return first;
  }

  /** The request that began last, of the client with the most that run; none if each has one. */
  private @Nullable Entry richest() {
    Entry found = null;
    for (Entry entry : running) {
      int theirs = entry.client.running;
      if (theirs > 1 && (found == null || theirs >= found.client.running)) {
        found = entry;
      }
    }
    return found;
  }

  private boolean fits(Entry entry) {
    return running.isEmpty()
        || (running.size() < limits.maxRunning() && needs(entry) <= room.freeBlocks() - promised());
  }

  /** Blocks that those who run were begun on and have not taken yet. */
  private long promised() {
    long blocks = 0;
    for (Entry entry : running) {
      blocks += needs(entry);
    }
    return blocks;
  }

  private long needs(Entry entry) {
    Ticket ticket = entry.ticket;
    long known = entry.rows + entry.toRead();
    long target = entry.reads() ? known + HEADROOM_TOKENS : known + 1;
    return room.blocks(Math.min(target, Math.max(known, ticket.mostTokens())))
        - room.blocks(entry.rows);
  }

  /** Whose state goes when memory is short: of a reader who is behind, else the last that began. */
  Entry victim() {
    for (int i = running.size() - 1; i >= 0; i--) {
      if (running.get(i).paused) {
        return running.get(i);
      }
    }
    return running.getLast();
  }

  /** The newest request of the client with the longest line, if that is longer by two than this. */
  @Nullable Entry drops(String newcomer) {
    Client asking = clients.get(newcomer);
    int own = asking == null ? 0 : asking.waiting();
    Entry found = null;
    for (Client client : clients.values()) {
      Entry last = client.lastFresh();
      if (last != null
          && client.waiting() > own + 1
          && (found == null || client.waiting() > found.client.waiting())) {
        found = last;
      }
    }
    return found;
  }
}
