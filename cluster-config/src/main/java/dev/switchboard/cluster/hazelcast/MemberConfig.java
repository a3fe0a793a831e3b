package dev.switchboard.cluster.hazelcast;

import com.hazelcast.config.Config;
import com.hazelcast.config.EvictionConfig;
import com.hazelcast.config.EvictionPolicy;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.MapConfig;
import com.hazelcast.config.MaxSizePolicy;
import com.hazelcast.config.MergePolicyConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.spi.properties.ClusterProperty;
import com.hazelcast.spi.properties.HazelcastProperty;
import dev.switchboard.cluster.settings.GridSettings;
import dev.switchboard.cluster.settings.StateSettings;
import java.util.List;

/**
 * The configuration of the embedded member: found by list alone, bound to one address, small (a
 * handful of threads: many processes share a host), quick to start and quick to see a process die.
 */
final class MemberConfig {
  /** Announcements by member and the placement. */
  static final String MEMBERS_MAP = "switchboard.members";

  /** Load counters by member. */
  static final String LOADS_MAP = "switchboard.loads";

  /** Sealed values of sessions and sequences. */
  static final String STATES_MAP = "switchboard.states";

  /** Few, because all data is small; every member of a deployment must have the same number. */
  private static final int PARTITIONS = 11;

  private MemberConfig() {}

  /**
   * @param name of the instance, unique in the JVM
   * @param join addresses or names to look for a cluster at
   */
  static Config of(String name, GridSettings settings, Role role, List<String> join) {
    Config config = new Config();
    config.setInstanceName(name);
    config.setClusterName(settings.clusterName());
    config.setLiteMember(role == Role.NODE);
    network(config.getNetworkConfig(), settings, join);
    threads(config);
    timing(config, settings);
    silence(config);
    config.addMapConfig(merged(map(MEMBERS_MAP))).addMapConfig(merged(map(LOADS_MAP)));
    config.addMapConfig(states(settings.state()));
    config.getSerializationConfig().setJavaSerializationFilterConfig(ownErrorsOnly());
    boolean everywhere = settings.host().equals("0.0.0.0") || settings.host().equals("::");
    set(config, ClusterProperty.SOCKET_BIND_ANY, everywhere);
    if (!everywhere) {
      config.setProperty("hazelcast.local.localAddress", settings.host());
    }
    return config;
  }

  private static void network(NetworkConfig network, GridSettings settings, List<String> join) {
    network.setPort(settings.port()).setPortAutoIncrement(false).setReuseAddress(true);
    JoinConfig joiner = network.getJoin();
    joiner.getAutoDetectionConfig().setEnabled(false);
    joiner.getMulticastConfig().setEnabled(false);
    joiner.setTcpIpConfig(new NamedMembers(join, PeerNames.system()));
    joiner.getTcpIpConfig().setEnabled(true).setConnectionTimeoutSeconds(2);
    network.getRestApiConfig().setEnabled(false);
  }

  private static void threads(Config config) {
    set(config, ClusterProperty.PARTITION_COUNT, PARTITIONS);
    set(config, ClusterProperty.PARTITION_OPERATION_THREAD_COUNT, 2);
    set(config, ClusterProperty.GENERIC_OPERATION_THREAD_COUNT, 2);
    set(config, ClusterProperty.PRIORITY_GENERIC_OPERATION_THREAD_COUNT, 1);
    set(config, ClusterProperty.RESPONSE_THREAD_COUNT, 1);
    set(config, ClusterProperty.IO_THREAD_COUNT, 1);
    set(config, ClusterProperty.EVENT_THREAD_COUNT, 1);
    set(config, ClusterProperty.CLIENT_ENGINE_THREAD_COUNT, 1);
    set(config, ClusterProperty.CLIENT_ENGINE_QUERY_THREAD_COUNT, 1);
    set(config, ClusterProperty.CLIENT_ENGINE_BLOCKING_THREAD_COUNT, 1);
    set(config, ClusterProperty.IO_BALANCER_INTERVAL_SECONDS, 0);
  }

  private static void timing(Config config, GridSettings settings) {
    set(config, ClusterProperty.WAIT_SECONDS_BEFORE_JOIN, 0);
    set(config, ClusterProperty.MAX_WAIT_SECONDS_BEFORE_JOIN, 0);
    set(config, ClusterProperty.MAX_JOIN_SECONDS, 10);
    set(config, ClusterProperty.MERGE_FIRST_RUN_DELAY_SECONDS, 5);
    set(config, ClusterProperty.MERGE_NEXT_RUN_DELAY_SECONDS, 5);
    set(config, ClusterProperty.CONNECTION_MONITOR_INTERVAL, 100);
    set(config, ClusterProperty.CONNECTION_MONITOR_MAX_FAULTS, 1);
    set(config, ClusterProperty.HEARTBEAT_INTERVAL_SECONDS, 1);
    set(config, ClusterProperty.MAX_NO_HEARTBEAT_SECONDS, settings.heartbeatTimeout().toSeconds());
    set(config, ClusterProperty.OPERATION_CALL_TIMEOUT_MILLIS, 5000);
    set(config, ClusterProperty.GRACEFUL_SHUTDOWN_MAX_WAIT, 3);
  }

  private static void silence(Config config) {
    set(config, ClusterProperty.PHONE_HOME_ENABLED, false);
    set(config, ClusterProperty.SHUTDOWNHOOK_ENABLED, false);
    set(config, ClusterProperty.HEALTH_MONITORING_LEVEL, "OFF");
    set(config, ClusterProperty.SLOW_OPERATION_DETECTOR_ENABLED, false);
    set(config, ClusterProperty.LOGGING_TYPE, "slf4j");
    config.getMetricsConfig().setEnabled(false);
    config.getJetConfig().setEnabled(false);
    config.getIntegrityCheckerConfig().setEnabled(false);
  }

  private static MapConfig map(String name) {
    return new MapConfig(name)
        .setInMemoryFormat(InMemoryFormat.BINARY)
        .setBackupCount(1)
        .setStatisticsEnabled(false);
  }

  /** After a split the larger sequence stays, whichever half it comes from. */
  private static MapConfig merged(MapConfig map) {
    MergePolicyConfig policy = new MergePolicyConfig();
    policy.setPolicy(LargerSequence.class.getName());
    return map.setMergePolicyConfig(policy);
  }

  /** Bounded in time and memory: what was unused longest gives way. */
  private static MapConfig states(StateSettings limits) {
    EvictionConfig eviction =
        new EvictionConfig()
            .setEvictionPolicy(EvictionPolicy.LRU)
            .setMaxSizePolicy(MaxSizePolicy.USED_HEAP_SIZE)
            .setSize(Math.toIntExact(limits.stateBytes() >> 20));
    return map(STATES_MAP)
        .setTimeToLiveSeconds(Math.toIntExact(limits.stateTtl().toSeconds()))
        .setEvictionConfig(eviction);
  }

  /**
   * Values are byte arrays of our own encoding. Hazelcast itself sends the causes of failed
   * operations as Java objects; those classes and nothing else may be read.
   */
  private static JavaSerializationFilterConfig ownErrorsOnly() {
    JavaSerializationFilterConfig filter = new JavaSerializationFilterConfig();
    filter.getWhitelist().addPrefixes("com.hazelcast.", "java.lang.", "java.util.", "[Ljava.lang.");
    return filter;
  }

  private static void set(Config config, HazelcastProperty property, Object value) {
    config.setProperty(property.getName(), String.valueOf(value));
  }
}
