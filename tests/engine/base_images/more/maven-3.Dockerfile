# Debian's packages of Java libraries stand in for the central repository, which is out of reach.
FROM eclipse-temurin:17-jdk
RUN apt-get update \
 && apt-get install -y --no-install-recommends git openssh-client \
        maven libjackson2-databind-java libjetty9-java liblogback-java libpicocli-java \
        libmaven-assembly-plugin-java libmaven-compiler-plugin-java libmaven-dependency-plugin-java \
        libmaven-jar-plugin-java libmaven-resources-plugin-java libmaven-shade-plugin-java \
        libsurefire-java junit4 \
 && rm -rf /var/lib/apt/lists/*
COPY <<settings /root/.m2/settings.xml
<settings>
  <mirrors>
    <mirror>
      <id>debian</id>
      <mirrorOf>*</mirrorOf>
      <url>file:///usr/share/maven-repo</url>
    </mirror>
  </mirrors>
</settings>
settings
ENV MAVEN_HOME=/usr/share/maven
CMD ["mvn"]
