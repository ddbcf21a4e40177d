//! Many clients at once, some of whom lose their connection.

use std::collections::HashMap;
use std::sync::Arc;

use e2e::{World, message};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_messages_from_twenty_clients_arrive_once_each() {
    let world = Arc::new(World::start().await);
    let clients: Vec<_> = (0..20)
        .map(|client| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                for number in 0..10 {
                    // Every third connection is cut in the middle of something before the real one.
                    if (client + number) % 3 == 0 {
                        cut_connection(&world, number).await;
                    }
                    let text = message(&format!("{client}-{number}"), "a@example.com", "x");
                    world.submit(&["a@example.com"], &text).await;
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    world.until_taken(200).await;
    let mut subjects: HashMap<String, usize> = HashMap::new();
    for mail in world.captured() {
        *subjects.entry(mail.parts().subject).or_default() += 1;
    }
    assert_eq!(subjects.len(), 200);
    assert!(subjects.values().all(|copies| *copies == 1));
    Arc::into_inner(world).unwrap().finish().await;
}

/// Connects and leaves without a word: before TLS, in the handshake, or in the middle of a message.
async fn cut_connection(world: &World, number: usize) {
    let target = world.target(postern::config::raw::Mode::Starttls);
    match number % 3 {
        0 => {
            let mut tcp = TcpStream::connect(("127.0.0.1", target.port)).await.unwrap();
            tcp.write_all(b"EHLO cut\r\nSTARTTLS\r\n").await.unwrap();
        }
        1 => {
            let mut tcp = TcpStream::connect(("127.0.0.1", target.port)).await.unwrap();
            tcp.write_all(b"EHLO cut\r\nSTARTTLS\r\n\x16\x03\x01\x00\x10half a hello").await.unwrap();
        }
        _ => {
            let connection = world.log_in(&world.device).await.unwrap();
            drop(connection);
        }
    }
}
