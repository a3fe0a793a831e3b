package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.Decision;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.plan.Plan;
import dev.switchboard.cluster.plan.Why;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The part of {@link GridCodec} for what is said about nodes, and for decisions. */
final class NodeBookCodec {
  private NodeBookCodec() {}

  static void write(DataOutputStream out, NodeBook book) throws IOException {
    out.writeLong(book.epoch());
    out.writeLong(book.wishes());
    out.writeInt(book.marks().size());
    for (Map.Entry<String, NodeBook.Mark> mark : book.marks().entrySet()) {
      out.writeUTF(mark.getKey());
      out.writeUTF(mark.getValue().use().name());
      out.writeUTF(mark.getValue().who());
      out.writeLong(mark.getValue().when().toEpochMilli());
      out.writeUTF(mark.getValue().why());
    }
    out.writeInt(book.history().size());
    for (Decision decision : book.history()) {
      write(out, decision);
    }
  }

  static NodeBook read(DataInputStream in) throws IOException {
    long epoch = in.readLong();
    long wishes = in.readLong();
    Map<String, NodeBook.Mark> marks = new LinkedHashMap<>();
    for (int left = GridCodec.readCount(in, Short.BYTES); left > 0; left--) {
      String node = in.readUTF();
      marks.put(
          node,
          new NodeBook.Mark(
              NodeBook.Use.valueOf(in.readUTF()),
              in.readUTF(),
              Instant.ofEpochMilli(in.readLong()),
              in.readUTF()));
    }
    List<Decision> history = new ArrayList<>();
    for (int left = GridCodec.readCount(in, Long.BYTES); left > 0; left--) {
      history.add(readDecision(in));
    }
    return new NodeBook(epoch, marks, wishes, history);
  }

  static void write(DataOutputStream out, Decision decision) throws IOException {
    out.writeLong(decision.epoch());
    out.writeUTF(decision.by());
    out.writeLong(decision.when().toEpochMilli());
    out.writeUTF(decision.why());
    out.writeInt(decision.loads());
    out.writeInt(decision.drops());
    out.writeDouble(decision.before());
    out.writeDouble(decision.after());
    out.writeInt(decision.changes().size());
    for (Plan.Change change : decision.changes()) {
      out.writeInt(change.item());
      out.writeUTF(change.node());
      out.writeBoolean(change.comes());
      out.writeUTF(change.why().name());
    }
  }

  static Decision readDecision(DataInputStream in) throws IOException {
    long epoch = in.readLong();
    String by = in.readUTF();
    Instant when = Instant.ofEpochMilli(in.readLong());
    String why = in.readUTF();
    int loads = in.readInt();
    int drops = in.readInt();
    double before = in.readDouble();
    double after = in.readDouble();
    List<Plan.Change> changes = new ArrayList<>();
    for (int left = GridCodec.readCount(in, Integer.BYTES); left > 0; left--) {
      int unit = in.readInt();
      String node = in.readUTF();
      boolean comes = in.readBoolean();
      changes.add(new Plan.Change(0, unit, node, comes, Why.valueOf(in.readUTF())));
    }
    return new Decision(epoch, by, when, why, loads, drops, changes, before, after);
  }
}
