package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.ActivationCodes;
import dev.switchboard.model.kernel.GroupedProducts;
import dev.switchboard.model.kernel.Scratch;
import java.util.Arrays;

/**
 * Networks of one layer that run together, each on rows of its own: {@code [rows, dModel] -> [rows,
 * dModel]}, rows sorted by network. The bits are those of each network by itself. Belongs to one
 * thread; used again and again.
 */
public final class FfnGroup {
  private Ffn[] networks = new Ffn[0];
  private int[] rows = new int[0];
  private int count;

  /** Forgets the networks of the last time. */
  public void begin() {
    count = 0;
  }

  /** Adds a network for the next rows. */
  public void add(Ffn network, int networkRows) {
    if (count == networks.length) {
      networks = Arrays.copyOf(networks, Math.max(8, 2 * count));
      rows = Arrays.copyOf(rows, networks.length);
    }
    networks[count] = network;
    rows[count++] = networkRows;
  }

  /** Columns of codes that share a scale, the same for all networks; 0: they take floats. */
  public int activationBlock() {
    return count == 0 ? 0 : networks[0].activationBlock();
  }

  /** Whether the network can be computed along with those that were added. */
  public boolean takes(Ffn network) {
    return count == 0 || networks[0].groupsWith(network);
  }

  /** All rows as floats. */
  public void forward(float[] in, float[] out, Scratch scratch) {
    if (activationBlock() > 0 || count == 1) {
      int row = 0;
      for (int i = 0; i < count; i++) {
        int d = networks[i].dModel();
        networks[i].forward(in, row * d, rows[i], out, row * d, scratch);
        row += rows[i];
      }
      return;
    }
    gathered(scratch).forward(in, 0, out, 0);
    addBiases(out);
  }

  /** All rows as codes of the blocks that {@link #activationBlock} says. */
  public void forward(ActivationCodes in, float[] out, Scratch scratch) {
    gathered(scratch).forward(in, out, 0);
    addBiases(out);
  }

  private GroupedProducts gathered(Scratch scratch) {
    GroupedProducts group = scratch.grouped();
    group.begin();
    for (int i = 0; i < count; i++) {
      networks[i].addTo(group, rows[i]);
    }
    return group;
  }

  private void addBiases(float[] out) {
    int row = 0;
    for (int i = 0; i < count; i++) {
      networks[i].addDownBias(out, row * networks[i].dModel(), rows[i]);
      row += rows[i];
    }
  }
}
