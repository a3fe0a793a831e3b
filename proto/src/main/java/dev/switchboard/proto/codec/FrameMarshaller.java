package dev.switchboard.proto.codec;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertResult;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.BiFunction;

/** What the marshallers of both frames share. */
final class FrameMarshaller {
  static final Marshaller<ExpertBatchFrame> BATCH =
      new Marshaller<>() {
        @Override
        public InputStream stream(ExpertBatchFrame frame) {
          return new FrameStream(frame.header(), frame.activations());
        }

        @Override
        public ExpertBatchFrame parse(InputStream stream) {
          try {
            return FrameMarshaller.parse(stream, ExpertBatch.parser(), ExpertBatchFrame::new);
          } catch (IOException e) {
            return ExpertBatchFrame.malformed("no readable ExpertBatch: " + e.getMessage());
          }
        }
      };

  static final Marshaller<ExpertResultFrame> RESULT =
      new Marshaller<>() {
        @Override
        public InputStream stream(ExpertResultFrame frame) {
          return new FrameStream(frame.header(), frame.outputs());
        }

        @Override
        public ExpertResultFrame parse(InputStream stream) {
          try {
            return FrameMarshaller.parse(
                stream, ExpertResult.parser(), (header, rows) -> result(header, rows));
          } catch (IOException e) {
            throw (e instanceof CorruptFrameException ? Status.DATA_LOSS : Status.INTERNAL)
                .withDescription("no readable ExpertResult: " + e.getMessage())
                .withCause(e)
                .asRuntimeException();
          }
        }
      };

  private FrameMarshaller() {}

  private static ExpertResultFrame result(ExpertResult header, WireRows rows) {
    return switch (rows) {
      case TensorRows floats -> new ExpertResultFrame(header, floats);
      case CodeRows codes ->
          throw Status.INTERNAL
              .withDescription("an ExpertResult with outputs of DTYPE_I8: expected floats")
              .asRuntimeException();
      case SharedRows shared ->
          throw new IllegalStateException("a message that was read holds " + shared);
    };
  }

  private static <H extends MessageLite, F> F parse(
      InputStream stream, Parser<H> parser, BiFunction<H, WireRows, F> join) throws IOException {
    FrameReader frame = FrameReader.read(stream);
    return join.apply(parser.parseFrom(frame.header()), frame.rows());
  }
}
