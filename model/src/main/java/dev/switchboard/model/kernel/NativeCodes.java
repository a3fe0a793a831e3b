package dev.switchboard.model.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.util.Objects;

/**
 * Products of block types with activation codes in native code, which has the bits of {@link
 * ScalarCodes}. Ranges are checked here, since nothing there is. The calls are critical ones: Java
 * arrays go without copies, and the garbage collector waits for the end of a call; so that is never
 * far.
 */
final class NativeCodes {
  /** Multiply-adds of one call at most, about: 2 ms. */
  private static final long CALL = 1L << 28;

  private final NativeForm form;

  /** Handles are quick as constants only. Touched when the library is there. */
  private static final class Call {
    static final MethodHandle PRODUCT =
        Linker.nativeLinker()
            .downcallHandle(
                NativeLibrary.loaded("switchboard_product"),
                FunctionDescriptor.ofVoid(
                    JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS,
                    JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG),
                Linker.Option.critical(true));
  }

  /** Only after {@link NativeLibrary#load}. */
  NativeCodes(NativeForm form) {
    this.form = form;
  }

  /** The library's number of a type. */
  private static int number(Format format) {
    return switch (format) {
      case Q8_0 -> 0;
      case Q4_0 -> 1;
      case Q4_1 -> 2;
      case Q5_0 -> 3;
      case Q5_1 -> 4;
      case MXFP4 -> 5;
      case Q2_K -> 6;
      case Q3_K -> 7;
      case Q4_K -> 8;
      case Q5_K -> 9;
      case Q6_K -> 10;
      case F32, BF16, F16, F8_E4M3 -> throw new IllegalArgumentException(format + " has no codes");
    };
  }

  NativeForm form() {
    return form;
  }

  /** As {@link KernelSet}'s product of codes. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  void matmul(
      PackedMatrix w,
      int firstPanel,
      int panels,
      ActivationCodes x,
      int firstRow,
      int rows,
      float[] y,
      int yOffset,
      int yStride,
      Scratch scratch) {
    long perPanel = Math.max(1, (long) PackedMatrix.PANEL * w.columns() * rows);
    int step = (int) Math.max(1, Math.min(panels, CALL / perPanel));
    for (int done = 0; done < panels; done += step) {
      int count = Math.min(step, panels - done);
      int to = yOffset + done * PackedMatrix.PANEL;
      call(w, firstPanel + done, count, x, firstRow, rows, y, to, yStride, scratch.views);
    }
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private void call(
      PackedMatrix w,
      int firstPanel,
      int panels,
      ActivationCodes x,
      int firstRow,
      int rows,
      float[] y,
      int yOffset,
      int yStride,
      HeapViews views) {
    if (rows == 0 || panels == 0) {
      return;
    }
    int first = firstPanel * PackedMatrix.PANEL;
    int outputs = Math.min(panels * PackedMatrix.PANEL, w.rows() - first);
    MemorySegment data = w.data();
    long at = firstPanel * w.panelBytes();
    Objects.checkFromIndexSize(at, panels * w.panelBytes(), data.byteSize());
    checkCodes(w, x, firstRow, rows);
    if (yStride < outputs) {
      throw new IndexOutOfBoundsException("rows of " + outputs + " outputs, " + yStride + " apart");
    }
    long reach = (rows - 1L) * yStride + outputs;
    Objects.checkFromIndexSize((long) yOffset, reach, (long) y.length);
    try {
      Call.PRODUCT.invokeExact(
          form.ordinal(),
          number(w.format()),
          data.address() + at,
          (long) w.columns(),
          (long) outputs,
          views.of(x.codes()),
          views.of(x.scales()),
          views.of(x.sums()),
          (long) firstRow,
          (long) rows,
          views.of(y),
          (long) yOffset,
          (long) yStride);
    } catch (Throwable e) {
      throw new IllegalStateException("A native product failed: " + w, e);
    } finally {
      Reference.reachabilityFence(w);
    }
  }

  private static void checkCodes(PackedMatrix w, ActivationCodes x, int firstRow, int rows) {
    if (x.columns() != w.columns() || x.block() != w.format().blockElements()) {
      throw new IllegalArgumentException(w + " with " + x);
    }
    Objects.checkFromIndexSize(firstRow, rows, x.rows());
    long end = firstRow + (long) rows;
    Objects.checkFromIndexSize(0, end * x.columns(), (long) x.codes().length);
    Objects.checkFromIndexSize(0, end * x.blocks(), (long) x.scales().length);
    long sums = end * (x.columns() / ActivationCodes.SUM_COLUMNS);
    Objects.checkFromIndexSize(0, sums, (long) x.sums().length);
  }
}
