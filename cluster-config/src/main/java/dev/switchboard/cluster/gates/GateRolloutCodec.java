package dev.switchboard.cluster.gates;

import dev.switchboard.cluster.gates.GateCandidate.Mode;
import dev.switchboard.cluster.gates.GateChange.Action;
import dev.switchboard.cluster.gates.GateChange.By;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The bytes of a rollout: a version, then the fields in order. */
public final class GateRolloutCodec {
  private static final int VERSION = 1;
  private static final int MOST_WHY_CHARS = 1000;

  private GateRolloutCodec() {}

  public static byte[] encode(GateRollout rollout) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(VERSION);
      out.writeLong(rollout.revision());
      out.writeUTF(rollout.active());
      out.writeUTF(rollout.previous().orElse(""));
      out.writeBoolean(rollout.candidate().isPresent());
      if (rollout.candidate().isPresent()) {
        GateCandidate candidate = rollout.candidate().get();
        out.writeUTF(candidate.version());
        out.writeUTF(candidate.mode().name());
        out.writeDouble(candidate.share());
      }
      out.writeInt(rollout.history().size());
      for (GateChange change : rollout.history()) {
        write(out, change);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void write(DataOutputStream out, GateChange change) throws IOException {
    String why = change.by().why();
    out.writeUTF(change.action().name());
    out.writeUTF(change.from());
    out.writeUTF(change.version());
    out.writeUTF(change.by().who());
    out.writeLong(change.by().when().toEpochMilli());
    out.writeUTF(why.substring(0, Math.min(why.length(), MOST_WHY_CHARS)));
  }

  /**
   * @throws IllegalArgumentException if the bytes are not a rollout of this version
   */
  public static GateRollout decode(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int version = in.readUnsignedByte();
      if (version != VERSION) {
        throw new IllegalArgumentException(
            "a rollout of version %d; this process reads version %d".formatted(version, VERSION));
      }
      long revision = in.readLong();
      String active = in.readUTF();
      String previous = in.readUTF();
      Optional<GateCandidate> candidate =
          in.readBoolean()
              ? Optional.of(
                  new GateCandidate(in.readUTF(), Mode.valueOf(in.readUTF()), in.readDouble()))
              : Optional.empty();
      int count = in.readInt();
      if (count < 0 || count > GateRollout.MOST_HISTORY) {
        throw new IllegalArgumentException("a rollout with " + count + " changes");
      }
      List<GateChange> history = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        history.add(readChange(in));
      }
      if (in.available() > 0) {
        throw new IllegalArgumentException(in.available() + " bytes behind a rollout");
      }
      return new GateRollout(
          revision,
          active,
          previous.isEmpty() ? Optional.empty() : Optional.of(previous),
          candidate,
          history);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "a rollout of %d bytes is cut short".formatted(bytes.length), e);
    }
  }

  private static GateChange readChange(DataInputStream in) throws IOException {
    return new GateChange(
        Action.valueOf(in.readUTF()),
        in.readUTF(),
        in.readUTF(),
        new By(in.readUTF(), Instant.ofEpochMilli(in.readLong()), in.readUTF()));
  }
}
