package dev.switchboard.model.quantise;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.quantise.TypeChoice.Reason;
import dev.switchboard.model.quantise.TypeRules.Candidate;
import dev.switchboard.model.quantise.TypeRules.Facts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TypeRulesTest {
  @ParameterizedTest
  @CsvSource({
    // type, tensor, row, experts, expected: what llama-quantize wrote for such tensors
    "q4_k, output.weight, 256, 0, Q6_K",
    "q4_k, output.weight, 288, 0, Q8_0",
    "q4_k, output.weight, 40, 0, F16",
    "q4_0, output.weight, 256, 0, Q6_K",
    "q4_0, output.weight, 288, 0, Q8_0",
    "q8_0, output.weight, 256, 0, Q8_0",
    "bf16, output.weight, 40, 0, BF16",
    "q4_k, blk.0.attn_q.weight, 256, 0, Q4_K",
    "q4_k, blk.0.attn_q.weight, 288, 0, Q5_0",
    "q4_k, blk.0.attn_q.weight, 40, 0, F16",
    "q8_0, blk.0.attn_q.weight, 40, 0, F16",
    "q4_k, blk.1.ffn_down_exps.weight, 256, 4, Q6_K",
    "q4_k, blk.1.ffn_down_exps.weight, 288, 4, Q8_0",
    "q4_k, blk.0.ffn_down_exps.weight, 256, 4, Q4_K",
    "q4_k, blk.0.attn_output.weight, 256, 8, Q5_K",
    "q4_k, blk.0.attn_output.weight, 288, 8, Q5_1",
    "q4_0, blk.0.attn_k.weight, 256, 8, Q8_0",
    "q4_0, blk.0.attn_v.weight, 256, 8, Q8_0",
    "q4_k, blk.0.attn_norm.weight, 256, 0, F32",
    "q4_k, blk.0.ffn_gate_inp.weight, 256, 8, F32",
    "q4_k, blk.0.ssm_conv1d.weight, 256, 0, F32",
    "q4_k, blk.0.attn_q.bias, 256, 0, F32"
  })
  void chooses(String type, String tensor, long row, int experts, DType expected) {
    List<Candidate> tensors = new ArrayList<>();
    tensors.add(new Candidate("output.weight", List.of(7L, row), DType.F32));
    Candidate asked = new Candidate(tensor, List.of(2L, 7L, row), DType.F32);
    if (tensor.equals("output.weight")) {
      tensors.clear();
    }
    tensors.add(asked);

    TypeChoice choice =
        TypeRules.choose(FileType.of(type).orElseThrow(), new Facts(2, experts, false), tensors)
            .getLast();

    assertThat(choice.written()).isEqualTo(expected);
    assertThat(choice.wanted()).isEqualTo(FileType.of(type).orElseThrow().dtype());
    assertThat(choice.why().isEmpty()).isEqualTo(choice.reason() == Reason.AS_ASKED);
    if (choice.reason() == Reason.FELL_BACK) {
      assertThat(choice.why()).contains("rows of " + row);
    }
  }

  @Test
  void givesMoreBitsAtBothEndsAndEveryThird() {
    List<Candidate> tensors = new ArrayList<>();
    for (int layer : new int[] {0, 1, 10, 11, 12, 13, 14, 15, 2, 3, 4, 5, 6, 7, 8, 9}) {
      tensors.add(new Candidate("blk." + layer + ".attn_v.weight", List.of(9L, 256L), DType.F32));
      tensors.add(new Candidate("blk." + layer + ".ffn_down.weight", List.of(9L, 256L), DType.F32));
    }

    List<TypeChoice> choices = TypeRules.choose(FileType.Q4_K, new Facts(16, 0, false), tensors);

    List<Integer> more = List.of(0, 1, 4, 7, 10, 13, 14, 15);
    for (int i = 0; i < choices.size(); i++) {
      assertThat(choices.get(i).written())
          .as(choices.get(i).tensor())
          .isEqualTo(
              more.contains(Integer.parseInt(choices.get(i).tensor().split("\\.", 3)[1]))
                  ? DType.Q6_K
                  : DType.Q4_K);
    }
    Map<Reason, Long> reasons =
        choices.stream()
            .map(TypeChoice::reason)
            .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    assertThat(reasons).containsOnly(Map.entry(Reason.MIXED, 16L), Map.entry(Reason.AS_ASKED, 16L));
  }

  @Test
  void tiedEmbeddingsCountAsOutput() {
    List<Candidate> tensors =
        List.of(new Candidate("token_embd.weight", List.of(7L, 576L), DType.F32));

    TypeChoice choice = TypeRules.choose(FileType.Q4_0, new Facts(2, 0, false), tensors).getFirst();

    assertThat(choice.written()).isEqualTo(DType.Q8_0);
    assertThat(choice.reason()).isEqualTo(Reason.FELL_BACK);
  }
}
