package dev.switchboard.training.spark;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Spark as this program uses it: quiet, without a web page of its own, on the loopback if it is
 * local.
 */
final class Sessions {
  private Sessions() {}

  static JavaSparkContext open(String master) {
    SparkConf conf =
        new SparkConf()
            .setAppName("switchboard train router")
            .setMaster(master)
            .set("spark.ui.enabled", "false")
            .set("spark.ui.showConsoleProgress", "false")
            .set("spark.driver.maxResultSize", "4g")
            .set("spark.log.structuredLogging.enabled", "false");
    if (master.startsWith("local")) {
      conf.set("spark.driver.host", "127.0.0.1").set("spark.driver.bindAddress", "127.0.0.1");
    }
    JavaSparkContext context = new JavaSparkContext(conf);
    context.setLogLevel("ERROR");
    return context;
  }
}
