#![allow(clippy::unwrap_used)]
use sandbox::*;
#[tokio::test]
async fn speed() {
    let s = Sandbox::start(Options::default()).await.unwrap();
    let c = s.access().clients.into_iter().find(|c| c.id.as_str()=="lakeside").unwrap();
    let DirectoryAccess::ActiveDirectory{url,base_dn,bind_dn,bind_password,..}=c.directory else {panic!()};
    let (conn, mut l) = ldap3::LdapConnAsync::new(&url).await.unwrap(); ldap3::drive!(conn);
    l.simple_bind(&bind_dn, bind_password.reveal()).await.unwrap();
    let t=std::time::Instant::now();
    for _ in 0..100 { l.search(&base_dn, ldap3::Scope::Subtree, "(&(objectClass=user)(|(objectCategory=person)(objectClass=x))(|(userPrincipalName=abc@x)(mail=abc@x)))", vec!["cn"]).await.unwrap(); }
    println!("{:?} per search", t.elapsed()/100);
}
