package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.Decision;
import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.ExpertBookCodec;
import dev.switchboard.cluster.ExpertUses;
import dev.switchboard.cluster.NodeBook;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.NodeState;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.cluster.Speaks;
import dev.switchboard.cluster.load.LeftLoad;
import dev.switchboard.cluster.load.LeftLoads;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of everything that the grid holds: a version, a kind, a sequence number by which the
 * newer of two values is known, and the fields in order. Small, without reflection, and quick in a
 * process that has just started.
 */
final class GridCodec {
  /**
   * Grows when a form changes. Forms grow at their ends: who reads an older value takes what is
   * missing for unsaid, who reads a newer one leaves what it does not know.
   */
  static final int VERSION = 6;

  /**
   * The oldest version that reads what is written here. Grows, to {@link #VERSION}, when a form
   * changes in another way than at its end; members on either side of that do not see each other.
   */
  static final int READABLE_SINCE = 6;

  private static final int NODE = 1;
  private static final int ROUTER = 2;
  private static final int PLACEMENT = 3;
  private static final int NODE_LOAD = 4;
  private static final int ROUTER_LOAD = 5;
  private static final int EXPERTS = 7;
  private static final int NODES = 8;
  private static final int EXPERT_USES = 9;
  private static final int LEFT_LOAD = 10;
  private static final int LEFT_LOADS = 11;

  private GridCodec() {}

  /**
   * A value of the grid.
   *
   * @param sequence the higher of two is the newer
   * @param body one of the announced or published records
   */
  record Entry(long sequence, Object body) {}

  static byte[] encode(long sequence, Object body) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(128);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(VERSION);
      out.writeByte(kind(body));
      out.writeLong(sequence);
      out.writeByte(READABLE_SINCE);
      switch (body) {
        case NodeInfo node -> write(out, node);
        case RouterInfo router -> write(out, router);
        case Placement placement -> write(out, placement);
        case NodeLoad load -> LoadCodec.write(out, load);
        case RouterLoad load -> LoadCodec.write(out, load);
        case ExpertUses uses -> LoadCodec.write(out, uses);
        case LeftLoad left -> LoadCodec.write(out, left);
        case LeftLoads left -> LoadCodec.write(out, left);
        case ExpertBook book -> ExpertBookCodec.write(out, book);
        case NodeBook book -> NodeBookCodec.write(out, book);
        default -> throw new IllegalArgumentException(body.getClass().getName());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * @throws IllegalArgumentException if the bytes are not a value of this version
   */
  static Entry decode(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int version = in.readUnsignedByte();
      int kind = in.readUnsignedByte();
      long sequence = in.readLong();
      int since = version < READABLE_SINCE ? version : in.readUnsignedByte();
      if (version < READABLE_SINCE || since > VERSION) {
        throw new IllegalArgumentException(
            "grid value of version %d; this process reads versions %d to %d"
                .formatted(version, READABLE_SINCE, VERSION));
      }
      Object body = read(in, kind);
      if (in.available() > 0 && version <= VERSION) {
        throw new IllegalArgumentException(
            "grid value of kind %d has %d bytes too many".formatted(kind, in.available()));
      }
      return new Entry(sequence, body);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "grid value of %d bytes is cut short".formatted(bytes.length), e);
    }
  }

  /** The sequence number of a value of any version; the least where there is none. */
  static long sequence(byte[] bytes) {
    int at = 2 * Byte.BYTES;
    return bytes.length < at + Long.BYTES ? Long.MIN_VALUE : ByteBuffer.wrap(bytes).getLong(at);
  }

  private static int kind(Object body) {
    return switch (body) {
      case NodeInfo node -> NODE;
      case RouterInfo router -> ROUTER;
      case Placement placement -> PLACEMENT;
      case NodeLoad load -> NODE_LOAD;
      case RouterLoad load -> ROUTER_LOAD;
      case ExpertUses uses -> EXPERT_USES;
      case LeftLoad left -> LEFT_LOAD;
      case LeftLoads left -> LEFT_LOADS;
      case ExpertBook book -> EXPERTS;
      case NodeBook book -> NODES;
      default -> throw new IllegalArgumentException(body.getClass().getName());
    };
  }

  private static Object read(DataInputStream in, int kind) throws IOException {
    return switch (kind) {
      case NODE -> readNode(in);
      case ROUTER -> readRouter(in);
      case PLACEMENT -> readPlacement(in);
      case NODE_LOAD -> LoadCodec.readNode(in);
      case ROUTER_LOAD -> LoadCodec.readRouter(in);
      case EXPERT_USES -> LoadCodec.readUses(in);
      case LEFT_LOAD -> LoadCodec.readLeft(in);
      case LEFT_LOADS -> LoadCodec.readLefts(in);
      case EXPERTS -> ExpertBookCodec.read(in);
      case NODES -> NodeBookCodec.read(in);
      default -> throw new IllegalArgumentException("grid value of unknown kind " + kind);
    };
  }

  private static void write(DataOutputStream out, NodeInfo node) throws IOException {
    out.writeUTF(node.id());
    out.writeUTF(node.host());
    out.writeInt(node.port());
    out.writeUTF(node.domain());
    out.writeLong(node.pid());
    out.writeUTF(node.model());
    out.writeInt(node.capacityExperts());
    out.writeBoolean(node.servesWeights());
    out.writeUTF(node.state().name());
    out.writeLong(node.heldEpoch());
    out.writeInt(node.heldUnits().size());
    for (int unit : node.heldUnits()) {
      out.writeInt(unit);
    }
    write(out, node.speaks());
    out.writeInt(node.memoryExperts());
  }

  private static void write(DataOutputStream out, Speaks speaks) throws IOException {
    out.writeUTF(speaks.software());
    out.writeUTF(speaks.arithmetic());
    out.writeInt(speaks.oldestProtocol());
    out.writeInt(speaks.newestProtocol());
  }

  private static Speaks readSpeaks(DataInputStream in) throws IOException {
    return new Speaks(in.readUTF(), in.readUTF(), in.readInt(), in.readInt());
  }

  private static NodeInfo readNode(DataInputStream in) throws IOException {
    String id = in.readUTF();
    String host = in.readUTF();
    int port = in.readInt();
    String domain = in.readUTF();
    long pid = in.readLong();
    String model = in.readUTF();
    int capacity = in.readInt();
    boolean servesWeights = in.readBoolean();
    NodeState state = NodeState.valueOf(in.readUTF());
    long epoch = in.readLong();
    int count = readCount(in, Integer.BYTES);
    List<Integer> held = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      held.add(in.readInt());
    }
    Speaks speaks = readSpeaks(in);
    int memory = in.readInt();
    return new NodeInfo(
        id,
        host,
        port,
        domain,
        pid,
        model,
        capacity,
        memory,
        servesWeights,
        state,
        epoch,
        held,
        speaks);
  }

  private static void write(DataOutputStream out, RouterInfo router) throws IOException {
    out.writeUTF(router.id());
    out.writeUTF(router.host());
    out.writeInt(router.port());
    out.writeLong(router.pid());
    out.writeUTF(router.model());
    out.writeBoolean(router.servesWeights());
    out.writeLong(router.reachedEpoch());
    write(out, router.speaks());
  }

  private static RouterInfo readRouter(DataInputStream in) throws IOException {
    return new RouterInfo(
        in.readUTF(),
        in.readUTF(),
        in.readInt(),
        in.readLong(),
        in.readUTF(),
        in.readBoolean(),
        in.readLong(),
        readSpeaks(in),
        false);
  }

  private static void write(DataOutputStream out, Placement placement) throws IOException {
    out.writeLong(placement.epoch());
    out.writeUTF(placement.model());
    out.writeInt(placement.copies());
    out.writeInt(placement.added());
    writeTexts(out, placement.nodes());
    out.writeInt(placement.units());
    for (List<String> holders : placement.holders()) {
      writeTexts(out, holders);
    }
    NodeBookCodec.write(out, placement.decision());
  }

  private static Placement readPlacement(DataInputStream in) throws IOException {
    long epoch = in.readLong();
    String model = in.readUTF();
    int copies = in.readInt();
    int added = in.readInt();
    List<String> nodes = readTexts(in);
    int units = readCount(in, Integer.BYTES);
    List<List<String>> holders = new ArrayList<>(units);
    for (int i = 0; i < units; i++) {
      holders.add(readTexts(in));
    }
    Decision decision = NodeBookCodec.readDecision(in);
    return new Placement(epoch, model, units, added, copies, nodes, holders, decision);
  }

  static void writeTexts(DataOutputStream out, List<String> texts) throws IOException {
    out.writeInt(texts.size());
    for (String text : texts) {
      out.writeUTF(text);
    }
  }

  static List<String> readTexts(DataInputStream in) throws IOException {
    int count = readCount(in, Short.BYTES);
    List<String> texts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      texts.add(in.readUTF());
    }
    return texts;
  }

  /** A count that the remaining bytes can hold: a hostile one allocates nothing. */
  static int readCount(DataInputStream in, int bytesEach) throws IOException {
    int count = in.readInt();
    if (count < 0 || (long) count * bytesEach > in.available()) {
      throw new IllegalArgumentException(
          "grid value claims %d elements in %d bytes".formatted(count, in.available()));
    }
    return count;
  }
}
