package dev.switchboard.model.packcache;

/** Chooses where a process keeps a model's packed weights. */
public final class PackStores {
  private PackStores() {}

  /** A folder if one can be had, else memory. */
  public static PackStore open(PackSource source, PackOptions options) {
    return PackPlaces.open(source, options, PackPlaces.userFolder())
        .<PackStore>map(folder -> folder)
        .orElse(PackStore.IN_MEMORY);
  }
}
