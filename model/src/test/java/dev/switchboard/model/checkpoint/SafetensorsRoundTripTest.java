package dev.switchboard.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class SafetensorsRoundTripTest {
  @Property(tries = 100)
  void whatIsWrittenIsRead(@ForAll("tables") Map<String, Tensor> tensors) throws IOException {
    Path file = Files.createTempFile("round-trip", ".safetensors");
    Map<String, String> metadata = Map.of("format", "pt", "ü", "\n\"");
    try {
      SafetensorsWriter.write(file, tensors, metadata);
      byte[] first = Files.readAllBytes(file);
      try (SafetensorsFile read = SafetensorsFile.open(file)) {
        assertThat(read.metadata()).isEqualTo(metadata);
        assertThat(List.copyOf(read.tensors().keySet())).isEqualTo(List.copyOf(tensors.keySet()));
        read.tensors().forEach((name, tensor) -> assertSame(tensor, tensors.get(name)));
      }
      SafetensorsWriter.write(file, tensors, metadata);
      assertThat(Files.readAllBytes(file)).isEqualTo(first);
    } finally {
      Files.delete(file);
    }
  }

  @Provide
  Arbitrary<Map<String, Tensor>> tables() {
    Arbitrary<long[]> shapes =
        Arbitraries.longs()
            .between(0, 5)
            .list()
            .ofMaxSize(3)
            .map(list -> list.stream().mapToLong(Long::longValue).toArray());
    Arbitrary<Tensor> tensors =
        Combinators.combine(
                Arbitraries.strings()
                    .ascii()
                    .ofMinLength(1)
                    .ofMaxLength(12)
                    .filter(n -> !n.equals("__metadata__")),
                Arbitraries.of(DType.F32, DType.BF16),
                shapes,
                Arbitraries.floats())
            .as(SafetensorsRoundTripTest::tensor);
    return tensors.list().ofMaxSize(6).map(SafetensorsRoundTripTest::byName);
  }

  private static Tensor tensor(String name, DType dtype, long[] shape, float value) {
    float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = value / (i + 1);
    }
    return SafetensorsWriter.of(name, dtype, shape, values);
  }

  private static Map<String, Tensor> byName(List<Tensor> tensors) {
    Map<String, Tensor> table = new LinkedHashMap<>();
    tensors.forEach(tensor -> table.put(tensor.name(), tensor));
    return table;
  }

  private static void assertSame(Tensor read, Tensor written) {
    assertThat(read.dtype()).isEqualTo(written.dtype());
    assertThat(read.shape()).isEqualTo(written.shape());
    assertThat(read.data().toArray(ValueLayout.JAVA_BYTE))
        .isEqualTo(written.data().toArray(ValueLayout.JAVA_BYTE));
    assertThat(read.toFloats()).isEqualTo(written.toFloats());
  }
}
