package dev.switchboard.client.cli;

import com.google.protobuf.ByteString;
import dev.switchboard.proto.v1.LayerChoice;
import dev.switchboard.proto.v1.ModelDescription;
import dev.switchboard.proto.v1.RouteReply;
import dev.switchboard.proto.v1.RoutedToken;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Each token's experts, weights and what the gates read, as records of one length, little-endian:
 * {@code sequence, position, token} (int32), then for each layer {@code experts[topK]} (int32, -1
 * where a layer wakes fewer), {@code weights[topK]} and {@code input[dModel]} (float32). What they
 * are of is said beside, in {@code FILE.json}, which is written last.
 */
final class RouteRecords implements AutoCloseable {
  private static final int FIXED_BYTES = 3 * Integer.BYTES;

  private final ModelDescription model;
  private final PartFile records;
  private final PartFile about;
  private List<Integer> layers = List.of();
  private int sequence;
  private long tokens;

  /**
   * @throws CommandException if the files cannot be made there
   */
  RouteRecords(Path path, ModelDescription model) {
    this.model = model;
    this.records = new PartFile(path);
    this.about = new PartFile(path.resolveSibling(path.getFileName() + ".json"));
  }

  private int recordBytes() {
    int each = 2 * model.getTopK() * Integer.BYTES + model.getDModel() * Float.BYTES;
    return FIXED_BYTES + layers.size() * each;
  }

  /** The next sequence's tokens. */
  void add(RouteReply reply) {
    for (int i = 0; i < reply.getRoutedCount(); i++) {
      RoutedToken token = reply.getRouted(i);
      List<Integer> present = token.getExpertsList().stream().map(LayerChoice::getLayer).toList();
      if (layers.isEmpty()) {
        layers = present;
      }
      if (present.isEmpty() || !present.equals(layers)) {
        throw new CommandException("the router names the experts of layers " + present);
      }
      ByteBuffer record = ByteBuffer.allocate(recordBytes()).order(ByteOrder.LITTLE_ENDIAN);
      record.putInt(sequence).putInt(i).putInt(token.getId());
      token.getExpertsList().forEach(choice -> put(choice, record));
      records.write(record.array());
      tokens++;
    }
    sequence++;
  }

  private void put(LayerChoice choice, ByteBuffer record) {
    for (int rank = 0; rank < model.getTopK(); rank++) {
      record.putInt(rank < choice.getExpertsCount() ? choice.getExperts(rank) : -1);
    }
    for (int rank = 0; rank < model.getTopK(); rank++) {
      record.putFloat(rank < choice.getWeightsCount() ? choice.getWeights(rank) : 0f);
    }
    ByteString input = choice.getInput();
    if (input.size() != model.getDModel() * Float.BYTES) {
      throw new CommandException(
          "the router sent %d bytes of a gate's input; expected %d: is it of this version?"
              .formatted(input.size(), model.getDModel() * Float.BYTES));
    }
    record.put(input.asReadOnlyByteBuffer());
  }

  /** All sequences are there. */
  void finish() {
    String json =
        Json.object(out -> {
          out.writeStringField("format", "switchboard-routes");
          out.writeNumberField("version", 1);
          out.writeStringField("model_fingerprint", model.getFingerprint());
          out.writeNumberField("d_model", model.getDModel());
          out.writeNumberField("top_k", model.getTopK());
          out.writeArrayFieldStart("layers");
          for (int layer : layers) {
            out.writeNumber(layer);
          }
          out.writeEndArray();
          out.writeNumberField("record_bytes", recordBytes());
          out.writeNumberField("records", tokens);
        });
    records.write(new byte[0]);
    records.finish();
    about.write((json + "\n").getBytes(StandardCharsets.UTF_8));
    about.finish();
  }

  @Override
  public void close() {
    records.close();
    about.close();
  }
}
