package dev.switchboard.proto.codec;

import io.grpc.KnownLength;
import java.io.ByteArrayInputStream;

/** A message whose length the transport knows. */
final class KnownBytes extends ByteArrayInputStream implements KnownLength {
  KnownBytes(byte[] bytes) {
    super(bytes);
  }
}
