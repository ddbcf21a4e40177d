//! Who may depend on whom: every crate has a level, and depends on lower ones only.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use toml::Table;

use super::{Breach, packages};

/// Not for crates of level 0: they have bytes and values, and nothing outside.
const OUTSIDE: [&str; 14] = [
    "tokio",
    "tokio-util",
    "tokio-rustls",
    "rustls",
    "hyper",
    "reqwest",
    "axum",
    "rusqlite",
    "tracing",
    "getrandom",
    "rand",
    "rustix",
    "tempfile",
    "clock",
];

/// A dependency, and the only crates that may have it.
const WALLS: [(&str, &[&str]); 7] = [
    ("rusqlite", &["store"]),
    ("tokio-postgres", &["store"]),
    // The program's own client speaks to its own server over a socket in the data directory.
    ("reqwest", &["http-client", "postern"]),
    ("anyhow", &["postern", "e2e", "bench", "xtask"]),
    ("twin", &["postern", "e2e", "bench"]),
    // What a verification or a look at DNS found is kept and shown as it is; azure-client signs claims of its
    // own.
    (
        "serde",
        &[
            "azure-types",
            "azure-client",
            "dns",
            "dns-records",
            // A crate that asks for JSON says what shape it has.
            "http-client",
            "relay",
            "store",
            "api",
            "web",
            "twin",
            "postern",
            "bench",
            "xtask",
        ],
    ),
    ("clap", &["postern", "bench", "xtask"]),
];

/// What the twin may know of ours: it is Azure, not the product.
const OF_THE_TWIN: [&str; 7] =
    ["azure-types", "clock", "http-client", "message", "smtp", "smtp-server", "tls"];

struct Package {
    level: i64,
    dependencies: Vec<String>,
}

/// Checks every manifest.
pub(super) fn check(root: &Path, breaches: &mut Vec<Breach>) -> anyhow::Result<()> {
    let mut all = BTreeMap::new();
    for folder in packages(root)? {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let text = std::fs::read_to_string(folder.join("Cargo.toml"))?;
        let package = read(&text).with_context(|| format!("the manifest of {name}"))?;
        all.insert(name, package);
    }
    for (name, package) in &all {
        let mut broken = |rule: String| breaches.push(Breach { place: format!("{name}/Cargo.toml"), rule });
        for dependency in &package.dependencies {
            if let Some(other) = all.get(dependency).filter(|other| other.level >= package.level) {
                broken(format!("level {} depends on {dependency}, level {}", package.level, other.level));
            }
            if package.level == 0 && OUTSIDE.contains(&dependency.as_str()) {
                broken(format!("level 0 has no {dependency}: no runtime, socket, file, clock or log"));
            }
            let wall = WALLS.iter().find(|(walled, _)| walled == dependency);
            if wall.is_some_and(|(_, allowed)| !allowed.contains(&name.as_str())) {
                broken(format!("{dependency} is not for {name}"));
            }
            if name == "twin" && all.contains_key(dependency) && !OF_THE_TWIN.contains(&dependency.as_str()) {
                broken(format!("the twin does not know the product, and {dependency} is part of it"));
            }
        }
    }
    Ok(())
}

/// Development dependencies do not count: tests may look from above.
fn read(manifest: &str) -> anyhow::Result<Package> {
    let manifest: Table = toml::from_str(manifest)?;
    let level = manifest
        .get("package")
        .and_then(|package| package.get("metadata")?.get("level")?.as_integer())
        .context("[package.metadata] level is missing")?;
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    let dependencies = dependencies.map(|table| table.keys().cloned().collect()).unwrap_or_default();
    Ok(Package { level, dependencies })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(manifests: &[(&str, &str)]) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        for (name, rest) in manifests {
            let folder = root.path().join("crates").join(name);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("Cargo.toml"), format!("[package]\nname = \"{name}\"\n{rest}"))
                .unwrap();
        }
        let mut breaches = Vec::new();
        check(root.path(), &mut breaches).unwrap();
        breaches.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn dependencies_point_down() {
        let low = ("smtp", "metadata.level = 0\n[dependencies]\nmodel = {}\ntokio = {}\n");
        let high = ("model", "metadata.level = 1\n[dependencies]\nsmtp = {}\nrusqlite = {}\n");
        assert_eq!(
            breaches(&[low, high]),
            [
                "model/Cargo.toml: rusqlite is not for model",
                "smtp/Cargo.toml: level 0 depends on model, level 1",
                "smtp/Cargo.toml: level 0 has no tokio: no runtime, socket, file, clock or log",
            ]
        );
    }

    #[test]
    fn the_twin_does_not_know_the_product() {
        let twin = ("twin", "metadata.level = 5\n[dependencies]\nstore = {}\n");
        let store = ("store", "metadata.level = 2\n");
        assert_eq!(breaches(&[twin, store]).len(), 1);
    }
}
