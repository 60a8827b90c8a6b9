"""Ruby, PHP, Go, Rust, the JVM and .NET. Sources: the command references of their tools."""

from reimage.shell.package_managers.manager import PackageManager, options, verbs

GEM = PackageManager(
    name="gem",
    programs=frozenset({"gem"}),
    verbs=verbs(install="install, i", upgrade="update", remove="uninstall", clean="cleanup, clean"),
    value_options=options(
        "-v --version -i --install-dir -n --bindir -s --source --platform -p --http-proxy -P"
        " --trust-policy --build-root --file -g --without --config-file"
    ),
    cache_directories=("/usr/local/bundle/cache", "~/.gem", "~/.local/share/gem"),
)

BUNDLER = PackageManager(
    name="bundle",
    programs=frozenset({"bundle", "bundler"}),
    verbs=verbs(
        install="-, install, i, add", upgrade="update", remove="remove, clean", other="exec"
    ),
    value_options=options(
        "-j --jobs --gemfile --path --without --with --retry --binstubs --redownload --standalone"
        " -P --trust-policy --target-rbconfig -v --version -g --group -s --source"
    ),
    cache_directories=("/usr/local/bundle/cache", "~/.bundle/cache"),
    clean_commands=("rm -rf ~/.bundle/cache /usr/local/bundle/cache",),
    manifest_files=("Gemfile",),
    lock_files=("Gemfile.lock",),
    lock_file_install="BUNDLE_FROZEN=true bundle install",
)

COMPOSER = PackageManager(
    name="composer",
    programs=frozenset({"composer", "composer.phar"}),
    verbs=verbs(
        install="install, i, require, r, create-project, global require, global install",
        upgrade="update, u, upgrade, global update",
        remove="remove, rm, uninstall",
        clean="clear-cache, clearcache, cc",
    ),
    value_options=options(
        "-d --working-dir --ignore-platform-req --apcu-autoloader-prefix --prefer-install"
        " --repository --stability -s --audit-format"
    ),
    cache_directories=("~/.composer/cache", "~/.cache/composer", "/tmp/cache"),
    clean_commands=("composer clear-cache",),
    no_cache_option="--no-cache",
    manifest_files=("composer.json",),
    lock_files=("composer.lock",),
    lock_file_install="composer install",
)

GO = PackageManager(
    name="go",
    programs=frozenset({"go"}),
    verbs=verbs(install="mod download, get, install, mod vendor", clean="clean"),
    value_options=options(
        "-C -o -p -asmflags -buildmode -buildvcs -compiler -gccgoflags -gcflags -installsuffix"
        " -ldflags -mod -modfile -overlay -pgo -pkgdir -tags -toolexec"
    ),
    clusters=False,
    cache_directories=("/go/pkg/mod", "~/go/pkg/mod", "~/.cache/go-build"),
    clean_commands=("go clean -modcache", "go clean -cache"),
    manifest_files=("go.mod",),
    lock_files=("go.sum",),
    lock_file_install="go mod download",
)

CARGO = PackageManager(
    name="cargo",
    programs=frozenset({"cargo"}),
    verbs=verbs(
        install="install, fetch, add, binstall, vendor",
        upgrade="update",
        remove="uninstall, remove, rm",
    ),
    value_options=options(
        "--version --git --branch --tag --rev --path --root --index --registry --bin --example"
        " -F --features --profile --target --target-dir --manifest-path -j --jobs --message-format"
        " --config -Z -C --color -p --package"
    ),
    cache_directories=(
        "/usr/local/cargo/registry",
        "/usr/local/cargo/git",
        "~/.cargo/registry",
        "~/.cargo/git",
    ),
    manifest_files=("Cargo.toml",),
    lock_files=("Cargo.lock",),
    lock_file_install="cargo fetch --locked",
)

MAVEN = PackageManager(
    name="maven",
    programs=frozenset({"mvn", "mvnw", "mvnd"}),
    verbs=verbs(
        install="dependency:go-offline, dependency:resolve, dependency:resolve-plugins,"
        " dependency:get"
    ),
    value_options=options(
        "-f --file -pl --projects -s --settings -gs --global-settings -P --activate-profiles"
        " -T --threads -D --define -l --log-file -rf --resume-from -t --toolchains -b --builder"
    ),
    clusters=False,
    cache_directories=("~/.m2/repository",),
    manifest_files=("pom.xml",),
)

GRADLE = PackageManager(
    name="gradle",
    programs=frozenset({"gradle", "gradlew"}),
    verbs=verbs(other="build, dependencies"),
    value_options=options(
        "-b --build-file -p --project-dir -c --settings-file -g --gradle-user-home -I --init-script"
        " -x --exclude-task --console --max-workers --project-cache-dir --warning-mode -D -P"
    ),
    clusters=False,
    cache_directories=("~/.gradle/caches", "~/.gradle/wrapper", "/home/gradle/.gradle/caches"),
    manifest_files=(
        "build.gradle",
        "build.gradle.kts",
        "settings.gradle",
        "settings.gradle.kts",
        "gradle.properties",
    ),
    lock_files=("gradle.lockfile",),
)

DOTNET = PackageManager(
    name="dotnet",
    programs=frozenset({"dotnet"}),
    verbs=verbs(
        install="restore, tool install, tool restore, workload install, package add",
        upgrade="tool update, workload update",
        remove="tool uninstall, package remove",
        clean="nuget locals",
    ),
    value_options=options(
        "-r --runtime -s --source --packages --configfile -v --verbosity --lock-file-path"
        " --tool-path --version --add-source --tool-manifest --framework -f -a --arch --os"
    ),
    clusters=False,
    cache_directories=("~/.nuget/packages", "~/.local/share/NuGet"),
    clean_commands=("dotnet nuget locals all --clear",),
    manifest_files=("*.csproj", "*.fsproj", "*.vbproj", "*.sln", "Directory.Packages.props"),
    lock_files=("packages.lock.json",),
    lock_file_install="dotnet restore --locked-mode",
)

MANAGERS = (GEM, BUNDLER, COMPOSER, GO, CARGO, MAVEN, GRADLE, DOTNET)
