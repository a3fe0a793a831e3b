package dev.switchboard.proto.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.switchboard.proto.v1.DType;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.GroupResult;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.SequenceRun;
import dev.switchboard.proto.v1.Tensor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Own bytes and those of the generated messages are the same message, both ways. */
class FrameCodecTest {
  @Property(tries = 200)
  void theGeneratedParserReadsOurBatches(
      @ForAll long seed,
      @ForAll @IntRange(max = 40) int rows,
      @ForAll @IntRange(max = 300) int width)
      throws IOException {
    Random random = new Random(seed);
    TensorRows activations = rows(random, rows, width);
    ExpertBatch header = batch(random);

    byte[] bytes = bytes(FrameMarshaller.BATCH.stream(new ExpertBatchFrame(header, activations)));

    ExpertBatch read = ExpertBatch.parseFrom(bytes);
    assertThat(read.toBuilder().clearActivations().clearCrc32C().build()).isEqualTo(header);
    assertThat(read.getActivations()).isEqualTo(checked(tensor(activations)));
    assertThat(bytes).isEqualTo(withSum(header, activations).toByteArray());
  }

  @Property(tries = 200)
  void weReadBatchesOfTheGeneratedWriter(
      @ForAll long seed,
      @ForAll @IntRange(max = 40) int rows,
      @ForAll @IntRange(min = 1, max = 300) int width,
      @ForAll boolean lengthKnown) {
    Random random = new Random(seed);
    TensorRows activations = rows(random, rows, width);
    ExpertBatch header = batch(random);
    byte[] bytes = header.toBuilder().setActivations(tensor(activations)).build().toByteArray();

    ExpertBatchFrame frame = FrameMarshaller.BATCH.parse(stream(bytes, lengthKnown));

    assertThat(frame.malformed()).isEmpty();
    assertThat(frame.header()).isEqualTo(header);
    assertSame(frame.activations(), activations);
  }

  @Property(tries = 100)
  void resultsGoBothWays(
      @ForAll long seed, @ForAll @IntRange(max = 20) int rows, @ForAll boolean lengthKnown)
      throws IOException {
    Random random = new Random(seed);
    TensorRows outputs = rows(random, rows, 96);
    ExpertResult header =
        ExpertResult.newBuilder()
            .setId(random.nextLong())
            .setHeldEpoch(random.nextInt(9))
            .addGroups(GroupResult.newBuilder().setExpert(3).setStatus(GroupStatus.GROUP_STATUS_OK))
            .build();

    byte[] bytes = bytes(FrameMarshaller.RESULT.stream(new ExpertResultFrame(header, outputs)));

    ExpertResultFrame frame = FrameMarshaller.RESULT.parse(stream(bytes, lengthKnown));
    assertThat(frame.header()).isEqualTo(header);
    assertSame(frame.outputs(), outputs);
    if (rows > 0) {
      assertThat(ExpertResult.parseFrom(bytes).getOutputs()).isEqualTo(checked(tensor(outputs)));
    }
  }

  @Property(tries = 50)
  void readingAndDrainingGiveTheSameBytes(
      @ForAll long seed,
      @ForAll @IntRange(max = 60) int rows,
      @ForAll @IntRange(max = 200) int drainAfter)
      throws IOException {
    Random random = new Random(seed);
    ExpertBatchFrame frame = new ExpertBatchFrame(batch(random), rows(random, rows, 192));
    byte[] whole = bytes(FrameMarshaller.BATCH.stream(frame));

    FrameStream stream = (FrameStream) FrameMarshaller.BATCH.stream(frame);
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    assertThat(stream.available()).isEqualTo(whole.length);
    for (int i = 0; i < drainAfter && stream.available() > 0; i++) {
      read.write(stream.read());
    }
    assertThat(stream.available()).isEqualTo(whole.length - read.size());
    assertThat(stream.drainTo(read)).isEqualTo(whole.length - Math.min(drainAfter, whole.length));
    assertThat(read.toByteArray()).isEqualTo(whole);
    assertThat(stream.available()).isZero();
    assertThat(stream.read()).isEqualTo(-1);
  }

  @Property(tries = 300)
  void noBytesAtAllMakeTheReaderFailOtherwiseThanByName(
      @ForAll byte[] bytes, @ForAll boolean lengthKnown) {
    ExpertBatchFrame frame = FrameMarshaller.BATCH.parse(stream(bytes, lengthKnown));
    frame
        .malformed()
        .ifPresent(reason -> assertThat(reason).startsWith("no readable ExpertBatch: "));
  }

  @Property(tries = 100)
  void codesGoBothWays(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 40) int rows,
      @ForAll @IntRange(min = 1, max = 9) int blocks,
      @ForAll boolean lengthKnown)
      throws IOException {
    Random random = new Random(seed);
    CodeRows codes = codes(random, rows, blocks);
    ExpertBatch header = batch(random);

    byte[] bytes = bytes(FrameMarshaller.BATCH.stream(new ExpertBatchFrame(header, codes)));

    assertThat(ExpertBatch.parseFrom(bytes).getActivations()).isEqualTo(checked(tensor(codes)));
    byte[] generated = header.toBuilder().setActivations(tensor(codes)).build().toByteArray();
    ExpertBatchFrame frame = FrameMarshaller.BATCH.parse(stream(generated, lengthKnown));
    assertThat(frame.malformed()).isEmpty();
    CodeRows read = (CodeRows) frame.activations();
    assertThat(read.block()).isEqualTo(32);
    assertThat(read.count()).isEqualTo(rows);
    assertThat(read.codes()).isEqualTo(Arrays.copyOf(codes.codes(), rows * blocks * 32));
    assertThat(read.scales()).isEqualTo(Arrays.copyOf(codes.scales(), rows * blocks));
  }

  private static CodeRows codes(Random random, int rows, int blocks) {
    byte[] codes = new byte[rows * blocks * 32 + random.nextInt(3)];
    random.nextBytes(codes);
    float[] scales = new float[rows * blocks + random.nextInt(3)];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = random.nextInt(9) == 0 ? Float.NaN : random.nextFloat();
    }
    return new CodeRows(rows, blocks * 32, 32, codes, scales);
  }

  private static Tensor tensor(CodeRows rows) {
    ByteBuffer scales = ByteBuffer.allocate(rows.scaleCount() * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < rows.scaleCount(); i++) {
      scales.putFloat(rows.scales()[i]);
    }
    return Tensor.newBuilder()
        .addShape(rows.count())
        .addShape(rows.width())
        .setDtype(DType.DTYPE_I8)
        .setScales(ByteString.copyFrom(scales.flip()))
        .setBlockWidth(rows.block())
        .setData(ByteString.copyFrom(rows.codes(), 0, rows.count() * rows.width()))
        .build();
  }

  private static void assertSame(WireRows rows, TensorRows expected) {
    TensorRows actual = (TensorRows) rows;
    assertThat(actual.count()).isEqualTo(expected.count());
    if (expected.count() > 0) {
      assertThat(actual.width()).isEqualTo(expected.width());
    }
    for (int i = 0; i < expected.count() * expected.width(); i++) {
      assertThat(Float.floatToRawIntBits(actual.values()[i]))
          .isEqualTo(Float.floatToRawIntBits(expected.values()[i]));
    }
  }

  private static ExpertBatch batch(Random random) {
    ExpertBatch.Builder batch =
        ExpertBatch.newBuilder()
            .setId(random.nextLong())
            .setLayer(random.nextInt(64))
            .setPlacementEpoch(random.nextInt(5))
            .setDeadlineMicros(random.nextLong())
            .setModelFingerprint("f".repeat(random.nextInt(40)));
    for (int g = 0; g < random.nextInt(5); g++) {
      ExpertGroup.Builder group = ExpertGroup.newBuilder().setExpert(random.nextInt(300));
      for (int r = 0; r < random.nextInt(400); r++) {
        group.addRows(random.nextInt(70_000));
      }
      group.addRuns(
          SequenceRun.newBuilder().setSequenceId(random.nextLong()).setRowCount(random.nextInt(9)));
      batch.addGroups(group);
    }
    return batch.build();
  }

  /**
   * Values of every kind, NaN and infinities among them; of the type BF16, ones that it can hold.
   */
  private static TensorRows rows(Random random, int count, int width) {
    DType dtype = random.nextBoolean() ? DType.DTYPE_F32 : DType.DTYPE_BF16;
    float[] values = new float[count * width + random.nextInt(3)];
    for (int i = 0; i < values.length; i++) {
      int bits = dtype == DType.DTYPE_F32 ? random.nextInt() : random.nextInt() & 0xFFFF_0000;
      float value = Float.intBitsToFloat(bits);
      values[i] = Float.isNaN(value) ? Float.NaN : value;
    }
    return new TensorRows(count, width, dtype, values);
  }

  static ExpertBatch withTensor(ExpertBatch header, TensorRows rows) {
    return rows.count() * rows.width() == 0
        ? header
        : header.toBuilder().setActivations(tensor(rows)).build();
  }

  /** What our own writer makes of it: the same, with a checksum of all before it. */
  private static ExpertBatch withSum(ExpertBatch header, TensorRows rows) {
    if (rows.count() * rows.width() == 0) {
      return header;
    }
    ExpertBatch batch = header.toBuilder().setActivations(checked(tensor(rows))).build();
    CRC32C crc = new CRC32C();
    crc.update(batch.toByteArray());
    return batch.toBuilder().setCrc32C((int) crc.getValue()).build();
  }

  private static Tensor checked(Tensor tensor) {
    return tensor.getShapeCount() == 0 ? tensor : tensor.toBuilder().setChecked(true).build();
  }

  @Property(tries = 300)
  void noBitOfABatchChangesUnnoticed(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 8) int rows,
      @ForAll boolean lengthKnown) {
    Random random = new Random(seed);
    TensorRows activations = rows(random, rows, 24);
    ExpertBatch header = batch(random);
    byte[] bytes = bytes(FrameMarshaller.BATCH.stream(new ExpertBatchFrame(header, activations)));
    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));

    ExpertBatchFrame frame = FrameMarshaller.BATCH.parse(stream(bytes, lengthKnown));

    assertThat(frame.malformed()).isPresent();
  }

  /** What a peer with plain stubs would build. */
  static Tensor tensor(TensorRows rows) {
    if (rows.count() * rows.width() == 0) {
      return Tensor.getDefaultInstance();
    }
    int width = rows.dtype() == DType.DTYPE_F32 ? 4 : 2;
    ByteBuffer data =
        ByteBuffer.allocate(rows.count() * rows.width() * width).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < rows.count() * rows.width(); i++) {
      int bits = Float.floatToRawIntBits(rows.values()[i]);
      if (width == 4) {
        data.putInt(bits);
      } else {
        data.putShort((short) (bits >>> 16));
      }
    }
    return Tensor.newBuilder()
        .addShape(rows.count())
        .addShape(rows.width())
        .setDtype(rows.dtype())
        .setData(ByteString.copyFrom(data.flip()))
        .build();
  }

  static InputStream stream(byte[] bytes, boolean lengthKnown) {
    return lengthKnown ? new KnownBytes(bytes) : new ByteArrayInputStream(bytes);
  }

  static byte[] bytes(InputStream stream) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ((FrameStream) stream).drainTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
