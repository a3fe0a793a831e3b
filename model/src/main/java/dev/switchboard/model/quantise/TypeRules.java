package dev.switchboard.model.quantise;

import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.quantise.TypeChoice.Reason;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which type each tensor of a file gets: the rules of llama.cpp's quantiser (build of 2026-10,
 * without importances), by the names that tensors have in GGUF files.
 */
final class TypeRules {
  /**
   * A tensor to choose for.
   *
   * @param shape slowest first
   * @param kept what it stays if it is not rounded
   */
  record Candidate(String name, List<Long> shape, DType kept) {}

  /**
   * What the rules look at.
   *
   * @param sharedHeads whether eight query heads share a value head in a model of 80 layers
   */
  record Facts(int layers, int experts, boolean sharedHeads) {}

  private static final Pattern LAYER = Pattern.compile("blk\\.(\\d{1,6})\\..*");
  private static final List<String> DELICATE =
      List.of("_norm.weight", "ffn_gate_inp.weight", "ssm_conv1d", "altup", "laurel");

  private final FileType type;
  private final Facts facts;
  private final boolean tied;
  private final long values;
  private int value;
  private int down;

  private TypeRules(FileType type, Facts facts, List<Candidate> tensors) {
    this.type = type;
    this.facts = facts;
    this.tied = tensors.stream().noneMatch(tensor -> tensor.name().equals("output.weight"));
    this.values = tensors.stream().filter(tensor -> isValue(tensor.name())).count();
  }

  /** Chooses for all tensors of a file; the answers are in their order. */
  static List<TypeChoice> choose(FileType type, Facts facts, List<Candidate> tensors) {
    TypeRules rules = new TypeRules(type, facts, tensors);
    // What is counted is counted layer by layer, however the file is sorted.
    Map<Candidate, TypeChoice> choices = new IdentityHashMap<>();
    tensors.stream()
        .sorted(Comparator.comparingInt(tensor -> layer(tensor.name())))
        .forEach(tensor -> choices.put(tensor, rules.choose(tensor)));
    return tensors.stream().map(choices::get).toList();
  }

  private TypeChoice choose(Candidate tensor) {
    DType wanted = type.dtype();
    if (!isRounded(tensor)) {
      String why = "small or delicate tensors keep their floats";
      return choice(tensor, tensor.kept(), Reason.KEPT, why);
    }
    if (!wanted.isBlock()) {
      return choice(tensor, wanted, Reason.AS_ASKED, "");
    }
    DType mixed = mixed(tensor.name());
    DType fitting = fitting(mixed, tensor.shape().getLast());
    if (fitting != mixed) {
      return choice(
          tensor,
          fitting,
          Reason.FELL_BACK,
          "rows of %s do not divide into %s's blocks of %s"
              .formatted(tensor.shape().getLast(), mixed, mixed.blockElements()));
    }
    return mixed == wanted
        ? choice(tensor, wanted, Reason.AS_ASKED, "")
        : choice(
            tensor, mixed, Reason.MIXED, "the mixture of %s gives it %s".formatted(wanted, mixed));
  }

  private TypeChoice choice(Candidate tensor, DType written, Reason reason, String why) {
    return new TypeChoice(tensor.name(), tensor.shape(), type.dtype(), written, reason, why);
  }

  /** Whether a tensor is one of the large matrices. */
  static boolean isRounded(Candidate tensor) {
    // Trailing extents of 1 in the file's order are no axes.
    long axes = tensor.shape().stream().dropWhile(extent -> extent == 1).count();
    return axes >= 2
        && tensor.name().endsWith("weight")
        && DELICATE.stream().noneMatch(tensor.name()::contains);
  }

  private DType mixed(String name) {
    DType wanted = type.dtype();
    if (name.equals("output.weight") || tied && name.equals("token_embd.weight")) {
      return wanted == DType.Q8_0 ? DType.Q8_0 : DType.Q6_K;
    }
    if (isValue(name)) {
      return forValue(value++);
    }
    if (name.contains("attn_k.weight")) {
      return facts.experts() == 8 ? DType.Q8_0 : wanted;
    }
    if (name.contains("ffn_down")) {
      int layer = facts.experts() > 1 ? layer(name) : down;
      down++;
      return type == FileType.Q4_K && deservesMore(layer, facts.layers()) ? DType.Q6_K : wanted;
    }
    if (name.contains("attn_output.weight") && type == FileType.Q4_K && facts.experts() == 8) {
      return DType.Q5_K;
    }
    return wanted;
  }

  private DType forValue(int index) {
    if (facts.experts() == 8) {
      return DType.Q8_0;
    }
    if (type != FileType.Q4_K) {
      return type.dtype();
    }
    if (deservesMore(index, values)) {
      return DType.Q6_K;
    }
    return facts.sharedHeads() ? DType.Q5_K : DType.Q4_K;
  }

  private static boolean isValue(String name) {
    return name.contains("attn_v.weight")
        || name.contains("attn_qkv.weight")
        || name.contains("attn_kv_b.weight");
  }

  /** The first and the last eighth of the layers, and every third between. */
  private static boolean deservesMore(long layer, long layers) {
    return layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;
  }

  private static int layer(String name) {
    Matcher layer = LAYER.matcher(name);
    return layer.matches() ? Integer.parseInt(layer.group(1)) : 0;
  }

  private static DType fitting(DType dtype, long row) {
    if (row % dtype.blockElements() == 0) {
      return dtype;
    }
    DType smaller =
        switch (dtype) {
          case Q4_K -> DType.Q5_0;
          case Q5_K -> DType.Q5_1;
          case Q6_K -> DType.Q8_0;
          default -> dtype;
        };
    return row % smaller.blockElements() == 0 ? smaller : DType.F16;
  }
}
