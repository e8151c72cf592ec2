//! scratch
use rhumb::package::chart::*;
use rhumb::source::*;
use rhumb::value::*;
use rhumb::values::SetFlag;
use rhumb::values::chart::*;
fn walk(dir: &std::path::Path, base: &std::path::Path, tree: &mut FileTree) {
    for e in std::fs::read_dir(dir).unwrap() {
        let p = e.unwrap().path();
        if p.is_dir() {
            walk(&p, base, tree)
        } else if p.is_file() {
            if let Ok(v) = VPath::parse(p.strip_prefix(base).unwrap().to_str().unwrap()) {
                tree.insert(v, std::fs::read(&p).unwrap());
            }
        }
    }
}
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut inputs = vec![];
    let (mut chart, mut kube, mut skip) = (String::new(), "v1.37.0".to_owned(), false);
    let mut it = args.into_iter();
    let mut fail: Option<String> = None;
    while let Some(a) = it.next() {
        match a.as_str() {
            "--chart" => chart = it.next().unwrap(),
            "--kube" => kube = it.next().unwrap(),
            "--skip-schema" => skip = true,
            "-f" => {
                let n = it.next().unwrap();
                match std::fs::read(&n) {
                    Ok(c) => inputs.push(UserInput::File { name: n, content: c }),
                    Err(_) => {
                        fail.get_or_insert(format!("open {n}: no such file or directory"));
                    }
                }
            }
            f => {
                let flag = match f {
                    "--set" => SetFlag::Set,
                    "--set-string" => SetFlag::String,
                    "--set-json" => SetFlag::Json,
                    "--set-file" => SetFlag::File,
                    "--set-literal" => SetFlag::Literal,
                    _ => panic!("{f}"),
                };
                inputs.push(UserInput::Flag(flag, it.next().unwrap()));
            }
        }
    }
    let limits = Limits::default();
    let mut log = vec![];
    let read = |p: &str| {
        std::fs::read(p)
            .map(|b| String::from_utf8_lossy(&b).into_owned())
            .map_err(|_| format!("open {p}: no such file or directory"))
    };
    let r = (|| -> Result<(), ChartError> {
        if let Some(f) = fail {
            return Err(ChartError::new(f));
        }
        let t0 = std::time::Instant::now();
        let user = user_values(&inputs, &read, &limits)?;
        let path = std::path::Path::new(&chart);
        let mut c = if path.is_dir() {
            let mut tree = FileTree::new();
            walk(path, path, &mut tree);
            load_folder(&tree, &VPath::root(), &limits, &mut log)?
        } else {
            load_archive(&chart, &std::fs::read(path).unwrap(), &limits, &mut log)?
        };
        let t1 = std::time::Instant::now();
        check_installable(&c)?;
        if c.metadata.deprecated {
            log.push(LogLine::warn("this chart is deprecated"));
        }
        check_dependencies(&c)?;
        let loaded = c.clone();
        let t1b = std::time::Instant::now();
        process_dependencies(&mut c, &user, &limits, &mut log)?;
        let values = render_values(&c, &user, &mut log)?;
        let t2 = std::time::Instant::now();
        if !skip {
            check_schemas(&c, &values, &mut log)?;
        }
        let t3 = std::time::Instant::now();
        if std::env::var("TIME").is_ok() {
            eprintln!("load {:?} values {:?} schema {:?}", t1 - t0, t2 - t1b, t3 - t2);
        }
        if std::env::var("TRACE").is_ok() {
            let mut sources = SourceMap::new();
            let t = trace(&loaded, &inputs, &read, &mut sources, &limits)?;
            eprintln!("trace {:?}", t3.elapsed());
            if *t.value() != values {
                println!("TRACE DIFFERS");
            }
        }
        check_kube_version(&c, &kube)?;
        show(&c, &values, true);
        Ok(())
    })();
    for l in &log {
        println!("LOG {l}");
    }
    if let Err(e) = r {
        println!("ERR {}", e.message);
    }
}
fn show(c: &Chart, v: &Value, root: bool) {
    let mut m = c.metadata.to_value();
    if let Value::Map(m) = &mut m {
        std::sync::Arc::make_mut(m).insert("IsRoot", Value::Bool(c.is_root()));
    }
    if !c.metadata.is_library() {
        println!("DOC {}\t{}\t{}", c.path, serde_json::to_string(v).unwrap(), serde_json::to_string(&m).unwrap());
    }
    let _ = root;
    for d in &c.dependencies {
        let e = Value::from(Map::new());
        show(d, v.get(d.name()).unwrap_or(&e), false);
    }
}
