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
  void framesArriveWholeAndAnEndIsSeen() throws IOException {
    Path path = folder.resolve("a.lane");
    try (ServerSocketChannel door = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      door.bind(UnixDomainSocketAddress.of(path));
      LaneSocket here = LaneSocket.connect(path);
      LaneSocket there = LaneSocket.of(door.accept());
      for (int i = 1; i <= 3; i++) {
        here.frame().putInt(i);
        here.send(Integer.BYTES + 100 * i);
      }
      List<Integer> lengths = new ArrayList<>();
      assertThat(there.receive(frame -> lengths.add(frame.remaining()))).isEqualTo(3);
      assertThat(lengths).containsExactly(104, 204, 304);
      assertThat(there.receive(frame -> lengths.add(0))).isZero();
      here.close();
      assertThatThrownBy(() -> there.receive(frame -> {})).isInstanceOf(EOFException.class);
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
}
