//! Nil of a type: what `tests/data/typed-nil.tsv` says Go prints for nil pointers, maps and slices.
//!
//! Each line has the option `missingkey`, the template, the output as a Go string, and the error where there is one.

use std::borrow::Cow;
use std::sync::Arc;

use gotemplate::{
    Fault, Function, Functions, List, Map, MissingKey, NilPointer, Object, Run, Set, Shape, Signature, Type, Value, fmt,
};

static POINTERS: Shape = Shape::new("[]*main.M", Type::Named("*main.M"));

/// `main.M`, a struct, and `*main.M`, a pointer to one or nil.
#[derive(Debug)]
struct M {
    name: &'static str,
    nil: bool,
}

const FIELDS: [&str; 7] = ["Name", "Next", "Tags", "Ann", "Any", "F", "Maint"];

impl Object for M {
    fn type_name(&self) -> Cow<'_, str> {
        self.name.into()
    }

    fn is_nil(&self) -> bool {
        self.nil
    }

    fn fields(&self) -> Vec<(Cow<'_, str>, Value)> {
        let values = [
            Value::from(""),
            NilPointer::new("*main.M").into(),
            List::nil(Shape::STRING_LIST).into(),
            Map::nil(Shape::STRING_MAP).into(),
            Value::Nil,
            NilPointer::new("func(string) string").into(),
            List::nil(&POINTERS).into(),
        ];
        FIELDS.into_iter().map(Cow::Borrowed).zip(values).collect()
    }

    fn field(&self, name: &str) -> Option<Value> {
        let fields = self.fields().into_iter().find(|(field, _)| field == name);
        fields.map(|(_, value)| if name == "Next" { nil() } else { value })
    }

    fn method(&self, name: &str) -> Option<Arc<Function>> {
        let nil = self.nil;
        let body = move |by_pointer: bool| match (by_pointer, nil) {
            (true, true) => Ok("nilrecv"),
            (true, false) => Ok("recv"),
            (false, true) => Err(Fault::from("value method main.M.ValMethod called using nil *M pointer")),
            (false, false) => Ok("val"),
        };
        let by_pointer = match name {
            "PtrMethod" => true,
            "ValMethod" => false,
            _ => return None,
        };
        Some(Arc::new(Function::new(Signature::new([], Type::String), move |_, _| body(by_pointer))))
    }
}

fn nil() -> Value {
    Value::Object(Arc::new(M { name: "*main.M", nil: true }))
}

/// A nil pointer of a type with a `String` method.
#[derive(Debug)]
struct Named(&'static str, &'static str);

impl Object for Named {
    fn type_name(&self) -> Cow<'_, str> {
        self.0.into()
    }

    fn is_nil(&self) -> bool {
        true
    }

    fn field(&self, name: &str) -> Option<Value> {
        (name == "A").then_some(Value::Nil)
    }

    fn text(&self) -> Option<Vec<u8>> {
        Some(self.1.into())
    }
}

fn data() -> Value {
    let object = |name, nil| Value::Object(Arc::new(M { name, nil }));
    let (strings, anys) = (Map::nil(Shape::STRING_MAP), Map::nil(Shape::MAP));
    let bytes = || Value::Bytes(gotemplate::Str::default());
    let list = List::nil(Shape::STRING_LIST);
    Value::from(Map::from_iter([
        ("ptr", nil()),
        ("m", strings.clone().into()),
        ("ma", anys.into()),
        ("s", list.clone().into()),
        ("sa", List::nil(Shape::LIST).into()),
        ("b", bytes()),
        ("ns", Value::Object(Arc::new(Named("*main.S", "S!")))),
        ("ne", Value::Object(Arc::new(Named("*main.E", "E!")))),
        ("st", object("*main.M", false)),
        ("stv", object("main.M", false)),
        ("nil", Value::Nil),
        ("inl", vec![nil(), strings.clone().into(), list.into(), bytes(), Value::Nil].into()),
        ("inm", Map::from_iter([("p", nil()), ("m", strings.into())]).into()),
        ("lp", List::with_shape(&POINTERS, vec![nil(), object("*main.M", false)]).into()),
    ]))
}

fn functions() -> Functions {
    let mut functions = Functions::new();
    let mut shown = |name: &str, ty: Type, format: &'static [u8]| {
        functions.add(name, Signature::new([ty], Type::String), move |_, args| {
            let args = [args[0].clone(), Value::from(args[0].is_nil())];
            let used = if format == b"%T" { 1 } else { 2 };
            Ok(String::from_utf8_lossy(&fmt::sprintf(format, &args[..used])).into_owned())
        });
    };
    shown("any", Type::Any, b"%T");
    shown("mss", Type::StringMap, b"%T %v");
    shown("msa", Type::Map, b"%T %v");
    shown("sl", Type::StringList, b"%T %v");
    shown("sla", Type::List, b"%T %v");
    shown("ptrf", Type::Named("*main.M"), b"%[2]v");
    shown("valf", Type::Named("main.M"), b"%v");
    functions.add("str", Signature::new([Type::String], Type::String), |_, args| Ok(args[0].clone()));
    functions.add("retm", Signature::new([], Type::StringMap), |_, _| Ok(Map::nil(Shape::STRING_MAP)));
    functions.add("reta", Signature::new([], Type::Any), |_, _| Ok(Value::Nil));
    functions.add("retp", Signature::new([], Type::Named("*main.M")), |_, _| Ok(nil()));
    functions.add("retap", Signature::new([], Type::Any), |_, _| Ok(nil()));
    functions
}

#[test]
fn lengths_and_indices_name_the_type_behind_a_pointer() {
    assert!(run("default", "{{ len .st }}").ends_with("error calling len: len of type main.M"));
    assert!(run("default", "{{ index .st 1 }}").ends_with("error calling index: can't index item of type main.M"));
}

fn run(missing: &str, template: &str) -> String {
    let mut set = Set::new(Arc::new(functions()));
    set.options().missing_key = match missing {
        "zero" => MissingKey::Zero,
        "error" => MissingKey::Error,
        _ => MissingKey::Default,
    };
    let mut out = Vec::new();
    let parsed = set.parse("t", format!("{{{{define \"x\"}}}}{{{{.}}}}{{{{.Name}}}}{{{{end}}}}{template}"));
    let result = parsed.and_then(|()| Run::new(&Arc::new(set)).render_into("t", &data(), &mut out));
    let out = fmt::quote(&out);
    match result {
        Ok(()) => out,
        Err(error) => format!("{out} ERR {error}"),
    }
}

#[test]
fn typed_nil_is_as_in_go() {
    let mut wrong = Vec::new();
    for line in include_str!("data/typed-nil.tsv").lines() {
        let mut parts = line.splitn(3, '\t');
        let mut part = || parts.next().expect("three columns");
        let (missing, template, want) = (part(), part(), part());
        let got = run(missing, template);
        if got != want {
            wrong.push(format!("{missing} {template}\nwant: {want}\n got: {got}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
