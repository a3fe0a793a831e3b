package dev.switchboard.router.api;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.settings.AccessKeys;
import dev.switchboard.cluster.settings.SettingsException;
import dev.switchboard.model.GateUse;
import dev.switchboard.model.moe.ExpertMask;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Which experts a call may wake: not those that its key may not, nor those that it does without,
 * nor those that are disabled for all. Decided when the call comes, for its whole life.
 */
public final class ExpertMasks {
  private static final int MOST_INDEX = 1 << 16;

  private final AccessKeys keys;
  private final Supplier<ExpertBook> book;
  private final List<String> names;

  /**
   * @param book what is said about experts, now
   * @param names of the model's own experts, by index
   * @throws SettingsException if a key may not wake an expert that there is not
   */
  public ExpertMasks(AccessKeys keys, Supplier<ExpertBook> book, List<String> names) {
    this.keys = keys;
    this.book = book;
    this.names = List.copyOf(names);
    List<AccessKeys.Key> all = new ArrayList<>(keys.keys());
    keys.anonymous().ifPresent(all::add);
    for (AccessKeys.Key key : all) {
      for (String expert : key.without()) {
        if (index(expert).isEmpty()) {
          throw new SettingsException(
              "router.keys: %s is to do without the expert %s; the model has %s"
                  .formatted(key.name(), expert, this.names));
        }
      }
    }
  }

  /** Nobody is masked but by requests. */
  public static ExpertMasks open(List<String> names) {
    return new ExpertMasks(AccessKeys.OPEN, () -> ExpertBook.EMPTY, names);
  }

  /** Whose call this is. */
  private AccessKeys.Key caller() {
    return keys.of(Callers.key())
        .orElseThrow(() ->
            new AccessException(
                Status.UNAUTHENTICATED,
                Callers.key().isEmpty()
                    ? "authorization: bring a key (authorization: Bearer KEY)"
                    : "authorization: this key is not known here"));
  }

  /**
   * Demands that this call may change what all others use.
   *
   * @throws AccessException if not
   */
  void requireAdmin() {
    AccessKeys.Key caller = caller();
    if (!caller.admin()) {
      throw new AccessException(
          Status.PERMISSION_DENIED,
          "authorization: key %s may not change experts, gates and nodes; one with admin: true may"
              .formatted(caller.name()));
    }
  }

  /** Why this call may not change what all others use; empty if it may. */
  public Optional<Status> refusal() {
    try {
      requireAdmin();
      return Optional.empty();
    } catch (AccessException e) {
      return Optional.of(e.status());
    }
  }

  /**
   * How this call is routed.
   *
   * @param use by which gates
   * @param asked names or indices of experts that the request does without
   * @throws AccessException if its key is not known, or too few experts are left for it
   * @throws InvalidRequestException if the request names an expert that there is not, or too many
   */
  GateUse use(GateUse use, List<String> asked) {
    AccessKeys.Key caller = caller();
    List<Integer> experts = new ArrayList<>();
    for (String name : asked) {
      experts.add(require(name));
    }
    ExpertMask own = ExpertMask.of(experts);
    ExpertMask ofKey =
        ExpertMask.of(caller.without().stream().flatMap(e -> index(e).stream()).toList());
    ExpertMask disabled = ExpertMask.of(book.get().disabled());
    GateUse masked = use.without(own).without(ofKey).without(disabled);
    try {
      masked.check();
    } catch (IllegalArgumentException e) {
      throw tooFew(caller, own, ofKey, disabled, e);
    }
    return masked;
  }

  // size: all that may have masked an expert
  private RuntimeException tooFew(
      AccessKeys.Key caller,
      ExpertMask own,
      ExpertMask ofKey,
      ExpertMask disabled,
      IllegalArgumentException problem) {
    List<String> why = new ArrayList<>();
    if (!own.isEmpty()) {
      why.add("the request does without " + named(own));
    }
    if (!ofKey.isEmpty()) {
      why.add("key " + caller.name() + " may not wake " + named(ofKey));
    }
    if (!disabled.isEmpty()) {
      why.add(named(disabled) + " disabled for all");
    }
    String message =
        "without_experts: %s (%s)".formatted(problem.getMessage(), String.join("; ", why));
    return own.isEmpty()
        ? new AccessException(Status.FAILED_PRECONDITION, message)
        : new InvalidRequestException(message);
  }

  private String named(ExpertMask mask) {
    return String.join(", ", mask.experts().stream().map(this::name).toList());
  }

  /** An expert's name, or its index. */
  String name(int index) {
    return index < names.size()
        ? names.get(index)
        : book.get().expert(index).map(ExpertBook.Added::name).orElse("expert-" + index);
  }

  /**
   * The index of an expert that there is now.
   *
   * @throws InvalidRequestException if there is none
   */
  int require(String expert) {
    List<String> all = new ArrayList<>(names);
    book.get().added().forEach(added -> all.add(added.name()));
    return index(expert)
        .filter(index -> index < all.size())
        .orElseThrow(() ->
            new InvalidRequestException(
                "there is no expert %s; there are %s".formatted(expert, all)));
  }

  private Optional<Integer> index(String expert) {
    int own = names.indexOf(expert);
    if (own >= 0) {
      return Optional.of(own);
    }
    for (ExpertBook.Added added : book.get().added()) {
      if (added.name().equals(expert)) {
        return Optional.of(added.index());
      }
    }
    boolean number = expert.matches("[0-9]{1,5}") && Integer.parseInt(expert) < MOST_INDEX;
    return number ? Optional.of(Integer.parseInt(expert)) : Optional.empty();
  }
}
