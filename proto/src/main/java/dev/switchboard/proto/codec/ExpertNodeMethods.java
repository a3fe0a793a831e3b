package dev.switchboard.proto.codec;

import dev.switchboard.proto.v1.ExpertNodeGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCalls;

/** The {@code ExpertNode} service with the frames' own marshallers, for both sides. */
public final class ExpertNodeMethods {
  /** How the reason begins for which a message was not believed: its checksum. */
  public static final String CORRUPT = "the checksum does not fit";

  /** {@code ExpertNode.Process} between frames; the bytes are those of the generated messages. */
  public static final MethodDescriptor<ExpertBatchFrame, ExpertResultFrame> PROCESS =
      ExpertNodeGrpc.getProcessMethod().toBuilder(FrameMarshaller.BATCH, FrameMarshaller.RESULT)
          .build();

  private ExpertNodeMethods() {}

  /**
   * The service to register at a server.
   *
   * @param unary answers all methods but {@code Process}
   * @param process answers {@code Process}
   */
  public static ServerServiceDefinition bind(
      ExpertNodeGrpc.AsyncService unary,
      ServerCalls.BidiStreamingMethod<ExpertBatchFrame, ExpertResultFrame> process) {
    ServiceDescriptor generated = ExpertNodeGrpc.getServiceDescriptor();
    ServiceDescriptor.Builder descriptor =
        ServiceDescriptor.newBuilder(generated.getName())
            .setSchemaDescriptor(generated.getSchemaDescriptor());
    for (MethodDescriptor<?, ?> method : generated.getMethods()) {
      descriptor.addMethod(isProcess(method) ? PROCESS : method);
    }
    ServerServiceDefinition.Builder service = ServerServiceDefinition.builder(descriptor.build());
    for (var method : ExpertNodeGrpc.bindService(unary).getMethods()) {
      if (!isProcess(method.getMethodDescriptor())) {
        service.addMethod(method);
      }
    }
    return service.addMethod(PROCESS, ServerCalls.asyncBidiStreamingCall(process)).build();
  }

  private static boolean isProcess(MethodDescriptor<?, ?> method) {
    return method.getFullMethodName().equals(PROCESS.getFullMethodName());
  }
}
