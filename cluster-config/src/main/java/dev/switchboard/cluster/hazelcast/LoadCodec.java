package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.ExpertCounts;
import dev.switchboard.cluster.ExpertUses;
import dev.switchboard.cluster.LoadTotals;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.NodeMemory;
import dev.switchboard.cluster.NodeWork;
import dev.switchboard.cluster.ProcessCost;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.cluster.ServiceTimes;
import dev.switchboard.cluster.load.LeftLoad;
import dev.switchboard.cluster.load.LeftLoads;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The fields of load counters. Numbers take seven bits a byte, the lowest first: most are small,
 * and a large model has thousands of them.
 */
final class LoadCodec {
  private static final int MOST_BYTES = 10;

  private LoadCodec() {}

  static void write(DataOutputStream out, NodeLoad load) throws IOException {
    out.writeUTF(load.nodeId());
    out.writeUTF(load.model());
    write(out, load.done());
    number(out, load.queuedBatches());
    number(out, load.outstandingTokens());
    write(out, load.memory());
    write(out, load.cost());
  }

  private static void write(DataOutputStream out, NodeMemory memory) throws IOException {
    number(out, memory.resident());
    number(out, memory.packed());
    number(out, memory.read());
    number(out, memory.toRead());
    number(out, memory.awake());
    number(out, memory.asleep());
    number(out, memory.asleepBytes());
    number(out, memory.wakes());
  }

  private static NodeMemory readMemory(DataInputStream in) throws IOException {
    return new NodeMemory(
        number(in),
        number(in),
        number(in),
        number(in),
        number(in),
        number(in),
        number(in),
        number(in));
  }

  static NodeLoad readNode(DataInputStream in) throws IOException {
    return new NodeLoad(
        in.readUTF(),
        in.readUTF(),
        readWork(in),
        number(in),
        number(in),
        readMemory(in),
        readCost(in));
  }

  static void write(DataOutputStream out, RouterLoad load) throws IOException {
    out.writeUTF(load.routerId());
    out.writeUTF(load.model());
    number(out, load.tokensRouted());
    number(out, load.localMultiplyAdds());
    out.writeInt(load.runningRequests());
    out.writeInt(load.queuedRequests());
    write(out, load.cost());
    write(out, load.tokens());
  }

  static RouterLoad readRouter(DataInputStream in) throws IOException {
    String id = in.readUTF();
    String model = in.readUTF();
    long routed = number(in);
    long multiplyAdds = number(in);
    int running = in.readInt();
    int queued = in.readInt();
    ProcessCost cost = readCost(in);
    return new RouterLoad(id, model, readCounts(in), routed, multiplyAdds, running, queued, cost);
  }

  static void write(DataOutputStream out, ExpertUses uses) throws IOException {
    out.writeUTF(uses.nodeId());
    out.writeInt(uses.experts().size());
    for (ExpertUses.Use use : uses.experts()) {
      number(out, use.layer());
      number(out, use.expert());
      number(out, use.rows());
      number(out, use.serviceNanos());
      number(out, use.lastUseMillis());
    }
  }

  static ExpertUses readUses(DataInputStream in) throws IOException {
    String node = in.readUTF();
    int count = GridCodec.readCount(in, 5);
    List<ExpertUses.Use> uses = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      uses.add(new ExpertUses.Use(index(in), index(in), number(in), number(in), number(in)));
    }
    return new ExpertUses(node, uses);
  }

  static void write(DataOutputStream out, LeftLoad left) throws IOException {
    out.writeUTF(left.process());
    out.writeUTF(left.model());
    out.writeBoolean(left.ended());
    write(out, left.totals());
  }

  static LeftLoad readLeft(DataInputStream in) throws IOException {
    return new LeftLoad(in.readUTF(), in.readUTF(), in.readBoolean(), readTotals(in));
  }

  static void write(DataOutputStream out, LeftLoads left) throws IOException {
    out.writeLong(left.version());
    out.writeInt(left.models().size());
    for (LeftLoads.Model model : left.models()) {
      out.writeUTF(model.fingerprint());
      write(out, model.totals());
    }
    GridCodec.writeTexts(out, left.settled());
  }

  static LeftLoads readLefts(DataInputStream in) throws IOException {
    long version = in.readLong();
    int count = GridCodec.readCount(in, Short.BYTES);
    List<LeftLoads.Model> models = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      models.add(new LeftLoads.Model(in.readUTF(), readTotals(in)));
    }
    return new LeftLoads(version, models, GridCodec.readTexts(in));
  }

  private static void write(DataOutputStream out, LoadTotals totals) throws IOException {
    number(out, totals.tokensRouted());
    number(out, totals.localMultiplyAdds());
    write(out, totals.nodes());
    write(out, totals.tokens());
  }

  private static LoadTotals readTotals(DataInputStream in) throws IOException {
    long routed = number(in);
    long multiplyAdds = number(in);
    NodeWork nodes = readWork(in);
    return new LoadTotals(readCounts(in), routed, multiplyAdds, nodes);
  }

  private static void write(DataOutputStream out, NodeWork work) throws IOException {
    number(out, work.rows());
    number(out, work.batches());
    number(out, work.refusedBatches());
    number(out, work.busyNanos());
    number(out, work.multiplyAdds());
    for (int i = 0; i < ServiceTimes.CLASSES; i++) {
      number(out, work.service().work(i));
      number(out, work.service().nanos(i));
    }
  }

  private static NodeWork readWork(DataInputStream in) throws IOException {
    long rows = number(in);
    long batches = number(in);
    long refused = number(in);
    long busy = number(in);
    long multiplyAdds = number(in);
    long[] work = new long[ServiceTimes.CLASSES];
    long[] nanos = new long[ServiceTimes.CLASSES];
    for (int i = 0; i < ServiceTimes.CLASSES; i++) {
      work[i] = number(in);
      nanos[i] = number(in);
    }
    return new NodeWork(rows, batches, refused, busy, multiplyAdds, ServiceTimes.of(work, nanos));
  }

  private static void write(DataOutputStream out, ProcessCost cost) throws IOException {
    number(out, cost.cpuNanos());
    number(out, cost.statisticsNanos());
    number(out, cost.gridNanos());
  }

  private static ProcessCost readCost(DataInputStream in) throws IOException {
    return new ProcessCost(number(in), number(in), number(in));
  }

  private static void write(DataOutputStream out, ExpertCounts counts) throws IOException {
    out.writeInt(counts.layers());
    out.writeInt(counts.experts());
    for (long count : counts.toArray()) {
      number(out, count);
    }
  }

  private static ExpertCounts readCounts(DataInputStream in) throws IOException {
    int layers = in.readInt();
    int experts = in.readInt();
    long cells = (long) layers * experts;
    if (layers < 0 || experts < 0 || cells > in.available()) {
      throw new IllegalArgumentException(
          "grid value claims counters [%d, %d] in %d bytes"
              .formatted(layers, experts, in.available()));
    }
    long[] counts = new long[(int) cells];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = number(in);
    }
    return ExpertCounts.of(layers, experts, counts);
  }

  private static int index(DataInputStream in) throws IOException {
    long index = number(in);
    if (index < 0 || index > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("grid value has the index " + index);
    }
    return (int) index;
  }

  private static void number(DataOutputStream out, long value) throws IOException {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.writeByte((int) (rest | 0x80));
      rest >>>= 7;
    }
    out.writeByte((int) rest);
  }

  private static long number(DataInputStream in) throws IOException {
    long value = 0;
    for (int i = 0; i < MOST_BYTES; i++) {
      int next = in.readUnsignedByte();
      value |= (long) (next & 0x7F) << (7 * i);
      if (next < 0x80) {
        return value;
      }
    }
    throw new IllegalArgumentException("grid value has a number of more than 10 bytes");
  }
}
