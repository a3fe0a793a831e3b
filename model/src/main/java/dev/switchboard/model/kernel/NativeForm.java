package dev.switchboard.model.kernel;

import dev.switchboard.model.kernel.NativeLibrary.Unavailable;

/** Forms of the native kernels, the better ones last; the ordinal is the library's number. */
enum NativeForm {
  AVX2("AVX2"),
  AVXVNNI("AVX-VNNI"),
  AVX512("AVX-512 VNNI");

  /** Forces a form, by its name in lower case; for tests. */
  static final String PROPERTY = "switchboard.nativeForm";

  private final String text;

  NativeForm(String text) {
    this.text = text;
  }

  /** The best that the processor can run, or the one that was asked for. */
  static NativeForm choose(int usable) throws Unavailable {
    String wanted = System.getProperty(PROPERTY, "");
    NativeForm best = null;
    for (NativeForm form : values()) {
      boolean can = (usable & 1 << form.ordinal()) != 0;
      if (can && (wanted.isEmpty() || form.name().equalsIgnoreCase(wanted))) {
        best = form;
      }
    }
    if (best == null) {
      throw new Unavailable(
          wanted.isEmpty()
              ? "this processor has no AVX2"
              : PROPERTY + " is " + wanted + ", which this processor cannot run",
          null);
    }
    return best;
  }

  @Override
  public String toString() {
    return text;
  }
}
