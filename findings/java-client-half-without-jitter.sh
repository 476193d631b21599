#!/usr/bin/env bash
# Half of the official Java clients come back in the same millisecond, although their delay is randomised.
#
# Version: io.socket:socket.io-client 2.1.2.
#
# Behaviour: with the defaults (reconnectionDelay 1000, randomizationFactor 0.5) the first delay should lie between 500 and
# 1500 ms, as it does in the JavaScript client. The Java client cuts everything below reconnectionDelay off to exactly
# reconnectionDelay, so the downward half of the jitter is a single point: of all clients that a server lost at once, half
# dial again exactly 1000 ms later. A larger randomizationFactor does not help: it moves only the other half.
# A gateway that restarts with thousands of Android apps on it has half of them back at one moment.
#
# Output seen (the shares vary by less than a point):
#   randomizationFactor 0.5: 50.2 % of 20000 first delays are exactly 1000 ms, 0 are shorter, the longest is 1499 ms
#   randomizationFactor 0.9: 50.4 % of 20000 first delays are exactly 1000 ms, 0 are shorter, the longest is 1899 ms
#
# Needs a JDK >= 11 and Maven. Exits 0 while this is so.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat >pom.xml <<'XML'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId><artifactId>finding</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.socket</groupId><artifactId>socket.io-client</artifactId><version>2.1.2</version></dependency>
  </dependencies>
</project>
XML
mvn -q -B -Dmaven.repo.local="$dir/m2" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
  -DoutputDirectory="$dir/lib" >maven.log 2>&1 || { cat maven.log; exit 2; }

cat >Delays.java <<'JAVA'
import io.socket.backo.Backoff;
import io.socket.client.IO;
import io.socket.client.Manager;
import java.lang.reflect.Field;
import java.net.URI;

/** Asks the backoff that a Manager has made for itself for its first delay, many times. Nothing is dialled. */
public class Delays {
  static final int SAMPLES = 20_000;

  public static void main(String[] args) throws Exception {
    boolean same = true;
    for (double factor : new double[] {0.5, 0.9}) {
      IO.Options options = new IO.Options();
      // 0.5 is the default and is left alone.
      if (factor != 0.5) options.randomizationFactor = factor;
      Manager manager = new Manager(URI.create("http://127.0.0.1:1"), options);
      Field field = Manager.class.getDeclaredField("backoff");
      field.setAccessible(true);
      Backoff backoff = (Backoff) field.get(manager);
      long delay = manager.reconnectionDelay();
      int exact = 0;
      int shorter = 0;
      long longest = 0;
      for (int i = 0; i < SAMPLES; i++) {
        backoff.reset();
        long first = backoff.duration();
        if (first == delay) exact++;
        if (first < delay) shorter++;
        longest = Math.max(longest, first);
      }
      double share = 100.0 * exact / SAMPLES;
      System.out.printf("randomizationFactor %s: %.1f %% of %d first delays are exactly %d ms, ", factor, share, SAMPLES, delay);
      System.out.printf("%d are shorter, the longest is %d ms%n", shorter, longest);
      same &= share > 45 && share < 55 && shorter == 0 && longest > delay;
    }
    if (!same) System.out.println("CHANGED: the first delays of the Java client are no longer spread as stated");
    System.exit(same ? 0 : 1);
  }
}
JAVA
java -cp 'lib/*' Delays.java
