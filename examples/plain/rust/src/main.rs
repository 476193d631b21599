use serde_json::{json, Value};
use std::{env, thread::sleep, time::Duration};
use tungstenite::{client::IntoClientRequest, connect, Error, Message};

fn follow(args: &[String], last: &mut Value) -> Result<(), Error> {
    let mut request = args[1].as_str().into_client_request()?;
    let bearer = format!("Bearer {}", args[2]);
    request.headers_mut().insert("Authorization", bearer.parse().expect("a token"));
    let (mut socket, _) = connect(request)?;
    let mut say = |frame: Value| socket.send(Message::text(frame.to_string()));
    let mut wanted = json!({ "channel": args[3] });
    let is_new = last["position"].is_null();
    if !is_new {
        wanted["since"] = last["position"].clone();
    }
    say(json!(["connect", {}]))?;
    say(json!(["subscribe", wanted, 1]))?;
    if is_new {
        say(json!(["publish", { "channel": args[3], "data": "hello" }]))?;
    }
    while last["data"] != "bye" {
        let Message::Text(text) = socket.read()? else { continue };
        let mut frame: Value = serde_json::from_str(&text).expect("JSON");
        let came = match frame[0].to_string().as_str() {
            "1" => frame[1]["messages"].take(),
            "\"message\"" => json!([frame[1].take()]),
            _ => json!([]),
        };
        for message in came.as_array().into_iter().flatten() {
            println!("{}", message["data"].as_str().unwrap_or(""));
            *last = message.clone();
        }
    }
    Ok(())
}

fn main() {
    let (args, mut last): (Vec<String>, _) = (env::args().collect(), json!({}));
    while follow(&args, &mut last).is_err() {
        sleep(Duration::from_millis(200));
    }
}
