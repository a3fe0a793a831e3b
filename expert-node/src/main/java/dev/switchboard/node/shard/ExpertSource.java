package dev.switchboard.node.shard;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.node.runtime.ServedModel;
import dev.switchboard.proto.weights.WeightTable;
import java.util.List;
import java.util.Optional;

/** Where experts come from. */
public interface ExpertSource {
  ServedModel model();

  /**
   * One expert, packed for computing.
   *
   * @throws RuntimeException with a message for the user, if its tensors are missing or wrong
   */
  Expert load(int layer, int index);

  /**
   * One more expert than the model's files have, packed for computing.
   *
   * @return that expert of each of the layers, in their order
   * @throws RuntimeException with a message for the user, if it cannot be had or does not belong to
   *     the model
   */
  List<Expert> load(ExpertBook.Added added, List<Integer> layers);

  /** Bytes of weights that loading it reads. */
  long bytes(int layer, int index);

  /** Bytes of weights that were read since the start. */
  long bytesRead();

  /** What can be given to other nodes; empty if there are no files here. */
  Optional<WeightTable> weights();

  /** Of the weights in memory, bytes that are packed in files of the cache. */
  default long packCacheBytes() {
    return 0;
  }
}
