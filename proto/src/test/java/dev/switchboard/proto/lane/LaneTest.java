package dev.switchboard.proto.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.switchboard.proto.codec.CodeRows;
import dev.switchboard.proto.codec.SharedRows;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.ExpertResult;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LaneTest {
  @TempDir private Path folder;

  private static ByteBuffer frame() {
    return ByteBuffer.allocateDirect(4096).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void bothSidesSeeTheMemoryAndNothingStaysBehind() throws IOException {
    assumeTrue(SharedMemory.available());
    SharedMemory mine = SharedMemory.create(1 << 16);
    SharedMemory theirs = SharedMemory.open(mine.file(), 1 << 16);
    mine.unlink();

    SharedRows.write(TensorRows.f32(2, 2, new float[] {1, 2, 3, 4}), mine.segment(), 128, 0);

    float[] read = new float[4];
    new SharedRows(2, 2, 0, theirs.segment(), 128, 0).copyTo(0, 2, read, 0);
    assertThat(read).containsExactly(1, 2, 3, 4);
    assertThat(mine.file()).doesNotExist();
  }

  @Test
  void otherFilesAreNotMapped() throws IOException {
    Path other = Files.write(folder.resolve("switchboard-x.lane"), new byte[64]);
    assertThatThrownBy(() -> SharedMemory.open(other, 64))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is no file of 64 bytes that a process of ours has made");
    assertThatThrownBy(() -> SharedMemory.create(Long.MAX_VALUE / 4))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("bytes left");
  }

  @Test
  void batchesAndAnswersComeAsTheyWent() throws IOException {
    MemorySegment memory = Arena.ofAuto().allocate(4096);
    byte[] codes = new byte[64];
    codes[63] = -127;
    SharedRows rows =
        SharedRows.write(new CodeRows(2, 32, 32, codes, new float[] {0.5f, 2}), memory, 0, 64);
    ExpertBatch header =
        ExpertBatch.newBuilder()
            .setId(7)
            .addGroups(ExpertGroup.newBuilder().setExpert(3).addRows(1))
            .build();
    ByteBuffer sent = frame();
    LaneFrames.write(new LaneFrames.Batch(header, rows, 128, 256), sent);

    LaneFrames.Batch read = LaneFrames.batch(sent.flip(), memory);

    assertThat(read.header()).isEqualTo(header);
    assertThat(read.outputsAt()).isEqualTo(128);
    assertThat(read.outputsBytes()).isEqualTo(256);
    byte[] readCodes = new byte[64];
    float[] scales = new float[2];
    read.activations().copyTo(readCodes, scales);
    assertThat(readCodes).isEqualTo(codes);
    assertThat(scales).containsExactly(0.5f, 2);

    ByteBuffer answered = frame();
    ExpertResult result = ExpertResult.newBuilder().setId(7).build();
    LaneFrames.write(new LaneFrames.Result(result, 2, 32), answered);
    assertThat(LaneFrames.result(answered.flip())).isEqualTo(new LaneFrames.Result(result, 2, 32));
  }

  @Test
  void whatPointsOutsideTheMemoryIsRefused() throws IOException {
    MemorySegment large = Arena.ofAuto().allocate(4096);
    MemorySegment small = Arena.ofAuto().allocate(64);
    SharedRows rows = new SharedRows(4, 8, 0, large, 0, 0);
    ByteBuffer frame = frame();
    LaneFrames.write(new LaneFrames.Batch(ExpertBatch.getDefaultInstance(), rows, 0, 0), frame);
    assertThatThrownBy(() -> LaneFrames.batch(frame.flip(), small))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("128 bytes at 0 of 64 shared ones");

    ByteBuffer far = frame();
    LaneFrames.write(new LaneFrames.Batch(ExpertBatch.getDefaultInstance(), rows, 4000, 400), far);
    assertThatThrownBy(() -> LaneFrames.batch(far.flip(), large))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("room for outputs of 400 bytes at 4000 of 4096 shared ones");

    assertThatThrownBy(() -> LaneFrames.batch(ByteBuffer.allocate(5), large))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("a frame of 5 bytes");
  }

  @Test
  void greetingsArriveWholeAndAnEndIsSeen() throws IOException {
    try (Ends ends = Ends.open(folder)) {
      for (int i = 1; i <= 3; i++) {
        ends.here.frame().putInt(i);
        ends.here.send(Integer.BYTES + 100 * i);
      }
      List<Integer> lengths = new ArrayList<>();
      assertThat(ends.there.receive(frame -> lengths.add(frame.remaining()))).isEqualTo(3);
      assertThat(lengths).containsExactly(104, 204, 304);
      assertThat(ends.there.receive(frame -> lengths.add(0))).isZero();
      ends.here.close();
      assertThatThrownBy(() -> ends.there.receive(frame -> {})).isInstanceOf(EOFException.class);
    }
  }

  /** A connection. */
  private record Ends(LaneSocket here, LaneSocket there) implements AutoCloseable {
    static Ends open(Path folder) throws IOException {
      Path path = folder.resolve("a.lane");
      try (ServerSocketChannel door = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
        door.bind(UnixDomainSocketAddress.of(path));
        return new Ends(LaneSocket.connect(path), LaneSocket.of(door.accept()));
      }
    }

    @Override
    public void close() throws IOException {
      here.close();
      there.close();
    }
  }

  @Test
  void whoIsWokenBeforeItWaitsDoesNotWait() {
    try (LaneWait lanes = new LaneWait()) {
      for (int i = 0; i < 3; i++) {
        lanes.wake();
        long begun = System.nanoTime();
        lanes.await(TimeUnit.MINUTES.toNanos(10));
        assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.MINUTES.toNanos(5));
      }
    }
  }

  /** Both ends of a lane. */
  private record Ports(Ends ends, LanePort maker, LanePort opener) implements AutoCloseable {
    static Ports open(Path folder) throws IOException {
      SharedMemory memory = SharedMemory.create(LanePort.TENSORS + 4096);
      try {
        LanePort.prepare(memory);
        Ends ends = Ends.open(folder);
        return new Ports(
            ends,
            LanePort.ofMaker(ends.here, memory),
            LanePort.ofOpener(
                ends.there, SharedMemory.open(memory.file(), LanePort.TENSORS + 4096)));
      } finally {
        memory.unlink();
      }
    }

    static void send(LanePort from, int number) throws IOException {
      from.frame().putInt(number);
      from.send(Integer.BYTES);
    }

    @Override
    public void close() throws IOException {
      ends.close();
    }
  }

  @Test
  void framesGoBothWaysThroughTheMemory() throws IOException {
    assumeTrue(SharedMemory.available());
    try (Ports ports = Ports.open(folder)) {
      List<Integer> there = new ArrayList<>();
      List<Integer> here = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        Ports.send(ports.maker, i);
        Ports.send(ports.opener, 10 + i);
      }
      assertThat(ports.opener.receive(frame -> there.add(frame.getInt()))).isEqualTo(3);
      assertThat(ports.maker.receive(frame -> here.add(frame.getInt()))).isEqualTo(3);
      assertThat(there).containsExactly(0, 1, 2);
      assertThat(here).containsExactly(10, 11, 12);
      ports.opener.attend();
      ports.maker.close();
      assertThatThrownBy(ports.opener::attend).isInstanceOf(EOFException.class);
    }
  }

  @Test
  void memoryOfAnotherFormIsRefused() throws IOException {
    assumeTrue(SharedMemory.available());
    SharedMemory memory = SharedMemory.create(LanePort.TENSORS + 64);
    try (Ends ends = Ends.open(folder)) {
      assertThatThrownBy(() -> LanePort.ofOpener(ends.there, memory))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("in a form that is not known here");
    } finally {
      memory.unlink();
    }
  }

  @Test
  void whoSleepsIsWoken() throws Exception {
    assumeTrue(SharedMemory.available());
    try (Ports ports = Ports.open(folder);
        LaneWait wait = new LaneWait()) {
      List<Integer> got = new ArrayList<>();
      wait.add(
          ports.opener,
          () -> run(() -> ports.opener.receive(frame -> got.add(frame.getInt()))),
          () -> run(ports.opener::attend));
      Thread sender =
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 50; i++) {
                  int number = i;
                  run(() -> Ports.send(ports.maker, number));
                  if (i % 10 == 0) {
                    LockSupport.parkNanos(3_000_000);
                  }
                }
              });
      long until = System.nanoTime() + 20_000_000_000L;
      while (got.size() < 50 && System.nanoTime() < until) {
        wait.await(5_000_000_000L);
      }
      sender.join();
      assertThat(got).hasSize(50).isSorted();
    }
  }

  @Test
  void whoSleepsSeesTheEnd() throws IOException {
    assumeTrue(SharedMemory.available());
    try (Ports ports = Ports.open(folder);
        LaneWait wait = new LaneWait()) {
      List<String> ended = new ArrayList<>();
      wait.add(
          ports.opener,
          () -> {},
          () -> {
            try {
              ports.opener.attend();
            } catch (IOException e) {
              ended.add(e.getMessage());
              run(ports.opener::close);
            }
          });
      ports.maker.close();
      long until = System.nanoTime() + 20_000_000_000L;
      while (ended.isEmpty() && System.nanoTime() < until) {
        wait.await(5_000_000_000L);
      }
      assertThat(ended).containsExactly("the other side of the lane has closed");
    }
  }

  private interface Throwing {
    void run() throws IOException;
  }

  private static void run(Throwing work) {
    try {
      work.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
