package dev.switchboard.proto.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.switchboard.proto.v1.DType;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.Tensor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MalformedFrameTest {
  private static final ExpertBatch HEADER =
      ExpertBatch.newBuilder().setId(7).setLayer(2).setDeadlineMicros(1_000_000).build();

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBatchCutAnywhereInsideItsTensorIsRefused(boolean lengthKnown) {
    TensorRows rows = TensorRows.f32(3, 5, new float[15]);
    byte[] whole =
        FrameCodecTest.bytes(FrameMarshaller.BATCH.stream(new ExpertBatchFrame(HEADER, rows)));
    for (int cut = HEADER.getSerializedSize() + 1; cut < whole.length; cut++) {
      ExpertBatchFrame frame = parse(Arrays.copyOf(whole, cut), lengthKnown);
      assertThat(frame.malformed()).as("cut at %d", cut).isPresent();
    }
    assertThat(parse(whole, lengthKnown).malformed()).isEmpty();
  }

  @Test
  void aTensorThatClaimsGigabytesIsRefusedBeforeAnythingIsAllocated() throws IOException {
    Tensor shape = tensor(DType.DTYPE_F32, 400_000, 1024).build();
    byte[] bytes =
        withTensor(out -> {
          out.writeUInt32NoTag(shape.getSerializedSize() + 6);
          shape.writeTo(out);
          out.writeTag(Tensor.DATA_FIELD_NUMBER, 2);
          out.writeUInt32NoTag(1_638_400_000);
        });
    assertThat(reason(bytes, true))
        .contains("1638400000 bytes")
        .contains("of a message of " + bytes.length);
    assertThat(reason(bytes, false)).contains("runs over the tensor's end");
  }

  @Test
  void aTensorLongerThanItsMessageIsRefusedEvenWhereTheLengthIsNotKnown() throws IOException {
    byte[] bytes =
        withTensor(out -> {
          out.writeUInt32NoTag(2_000_000_000);
          tensor(DType.DTYPE_F32, 400_000, 1024).build().writeTo(out);
          out.writeTag(Tensor.DATA_FIELD_NUMBER, 2);
          out.writeUInt32NoTag(1_638_400_000);
        });
    assertThat(reason(bytes, false)).contains("ends at byte");
    assertThat(reason(bytes, true)).contains("claims 2000000000 bytes");
  }

  @Test
  void shapeAndDataMustAgree() {
    Tensor tensor =
        tensor(DType.DTYPE_F32, 2, 3).setData(ByteString.copyFrom(new byte[20])).build();
    assertThat(reason(tensor))
        .contains("shape [2, 3] and type DTYPE_F32 with 20 bytes of data: expected 24");
  }

  @Test
  void aShapeWhoseProductOverflowsIsRefused() {
    Tensor tensor =
        tensor(DType.DTYPE_F32, 65_536, 65_536).setData(ByteString.copyFrom(new byte[8])).build();
    assertThat(reason(tensor)).contains("[65536, 65536]");
  }

  @Test
  void negativeExtentsAreRefused() {
    Tensor tensor =
        tensor(DType.DTYPE_F32, -1, 4).setData(ByteString.copyFrom(new byte[8])).build();
    assertThat(reason(tensor)).contains("[4294967295, 4]");
  }

  @Test
  void otherTypesAreRefusedByName() {
    Tensor f16 = tensor(DType.DTYPE_F16, 1, 1).setData(ByteString.copyFrom(new byte[2])).build();
    assertThat(reason(f16)).contains("DTYPE_F16").contains("DTYPE_F32, DTYPE_BF16 and DTYPE_I8");
    Tensor scaled =
        tensor(DType.DTYPE_F32, 1, 1).setScales(ByteString.copyFrom(new byte[4])).build();
    assertThat(reason(scaled)).contains("block scales");
  }

  @Test
  void codesNeedTheirBlocksAndScales() {
    Tensor.Builder codes =
        tensor(DType.DTYPE_I8, 2, 64).setData(ByteString.copyFrom(new byte[128])).setBlockWidth(32);
    assertThat(reason(codes.build())).contains("in blocks of 32 with 0 bytes of scales");
    codes.setScales(ByteString.copyFrom(new byte[16]));
    assertThat(parse(bytes(codes.build()), true).malformed()).isEmpty();
    assertThat(reason(codes.clone().setBlockWidth(48).build())).contains("in blocks of 48");
    assertThat(reason(codes.clone().setBlockWidth(-1).build())).contains("bytes of scales");
    assertThat(reason(codes.clone().setData(ByteString.copyFrom(new byte[127])).build()))
        .contains("127 bytes of data: expected 128");
  }

  @Test
  void onlyMatricesAreTaken() {
    Tensor flat =
        Tensor.newBuilder()
            .addShape(4)
            .setDtype(DType.DTYPE_F32)
            .setData(ByteString.copyFrom(new byte[16]))
            .build();
    assertThat(reason(flat)).contains("shape [4]: expected [rows, width]");
  }

  @Test
  void aSecondTensorIsRefused() throws IOException {
    byte[] one =
        HEADER.toBuilder().setActivations(tensor(DType.DTYPE_F32, 0, 4)).build().toByteArray();
    ByteArrayOutputStream two = new ByteArrayOutputStream();
    two.write(one);
    two.write(one);
    assertThat(reason(two.toByteArray(), true)).contains("second tensor");
  }

  @Test
  void dataBeforeItsShapeIsTakenAsProtobufAllows() throws IOException {
    byte[] bytes =
        withTensor(out -> {
          Tensor shape = tensor(DType.DTYPE_F32, 1, 2).build();
          out.writeUInt32NoTag(10 + shape.getSerializedSize());
          out.writeByteArray(
              Tensor.DATA_FIELD_NUMBER, new byte[] {0, 0, (byte) 0x80, 0x3F, 0, 0, 0, 0x40});
          shape.writeTo(out);
        });
    ExpertBatchFrame frame = parse(bytes, true);
    assertThat(frame.malformed()).isEmpty();
    assertThat(((TensorRows) frame.activations()).values()).containsExactly(1f, 2f);
  }

  @Test
  void aBrokenResultIsAnErrorOfTheReadingSide() {
    assertThatThrownBy(
            () -> FrameMarshaller.RESULT.parse(FrameCodecTest.stream(new byte[] {8}, true)))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INTERNAL))
        .hasMessageContaining("no readable ExpertResult");
  }

  /**
   * Whatever bit changes, the reason is that one changed, and not what the message seems to say.
   */
  @Test
  void whatChangedOnTheWayIsToldFromWhatWasSentSo() {
    byte[] whole =
        FrameCodecTest.bytes(
            FrameMarshaller.BATCH.stream(
                new ExpertBatchFrame(HEADER, TensorRows.f32(3, 5, new float[15]))));
    int before = whole.length - 6;
    for (int bit = 0; bit < 8 * before; bit++) {
      byte[] changed = whole.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(reason(changed, true)).as("bit %d", bit).contains(ExpertNodeMethods.CORRUPT);
    }
    assertThat(reason(tensor(DType.DTYPE_F32, -1, 4).build()))
        .doesNotContain(ExpertNodeMethods.CORRUPT);
  }

  @Test
  void aResultThatChangedIsLossOfData() {
    byte[] whole =
        FrameCodecTest.bytes(
            FrameMarshaller.RESULT.stream(
                new ExpertResultFrame(
                    ExpertResult.newBuilder().setId(3).build(),
                    TensorRows.f32(1, 2, new float[2]))));
    whole[whole.length - 8] ^= 1;
    assertThatThrownBy(() -> FrameMarshaller.RESULT.parse(FrameCodecTest.stream(whole, true)))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DATA_LOSS));
  }

  @Test
  void rowsCheckTheirArray() {
    assertThatThrownBy(() -> TensorRows.f32(2, 3, new float[5]))
        .hasMessage("rows of shape [2, 3] need 6 values, given 5");
    assertThatThrownBy(() -> new TensorRows(1, 1, DType.DTYPE_I8, new float[1]))
        .hasMessageContaining("DTYPE_I8");
  }

  @Test
  void bf16RoundsToNearestEvenAndKeepsNan() {
    assertThat(WireFloats.toBf16(1.00390625f)).isEqualTo(0x3F80); // half way, to even
    assertThat(WireFloats.toBf16(1.01171875f)).isEqualTo(0x3F82); // half way, to even, upwards
    assertThat(WireFloats.toBf16(Float.MAX_VALUE)).isEqualTo(0x7F80);
    assertThat(WireFloats.toBf16(Float.intBitsToFloat(0x7F80_0001)) & 0x7F).isNotZero();
    assertThat((short) WireFloats.toBf16(-0f)).isEqualTo((short) 0x8000);
  }

  private interface Body {
    void write(CodedOutputStream out) throws IOException;
  }

  private static byte[] withTensor(Body body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    HEADER.writeTo(out);
    out.writeTag(ExpertBatch.ACTIVATIONS_FIELD_NUMBER, 2);
    body.write(out);
    out.flush();
    return bytes.toByteArray();
  }

  private static Tensor.Builder tensor(DType dtype, int rows, int width) {
    return Tensor.newBuilder().addShape(rows).addShape(width).setDtype(dtype);
  }

  private static String reason(Tensor tensor) {
    return reason(bytes(tensor), true);
  }

  private static byte[] bytes(Tensor tensor) {
    return HEADER.toBuilder().setActivations(tensor).build().toByteArray();
  }

  private static String reason(byte[] bytes, boolean lengthKnown) {
    return parse(bytes, lengthKnown).malformed().orElseThrow();
  }

  private static ExpertBatchFrame parse(byte[] bytes, boolean lengthKnown) {
    return FrameMarshaller.BATCH.parse(FrameCodecTest.stream(bytes, lengthKnown));
  }
}
