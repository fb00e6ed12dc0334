using System.Security.Cryptography;
using System.Text;
using OllamaProxy.Access;
using OllamaProxy.Configuration;

namespace OllamaProxy.Tests.Access;

public sealed class ApiKeyRingTests
{
    [Fact]
    public void A_key_is_found_and_nothing_else_is()
    {
        var ring = new ApiKeyRing([Key("alice", "one"), Key("bob", "two") with { IsAdmin = true }]);
        Assert.Equal(("alice", "bob", true), (ring.Find("one")?.Owner, ring.Find("two")?.Owner, ring.Find("two")?.IsAdmin));
        Assert.All(["", "on", "one ", "ONE", "three", new string('x', 100_000)], shown => Assert.Null(ring.Find(shown)));
    }

    [Fact]
    public void An_owner_may_have_several_keys_of_which_the_last_says_the_weight()
    {
        var ring = new ApiKeyRing([Key("alice", "old"), Key("alice", "new") with { Weight = 3 }]);
        Assert.Equal(("alice", "alice", 3.0, 1.0),
            (ring.Find("old")?.Owner, ring.Find("new")?.Owner, ring.WeightOf("alice"), ring.WeightOf("bob")));
    }

    private static ApiKey Key(string owner, string key) => new(owner, SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
