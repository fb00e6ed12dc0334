using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using OllamaProxy.Access;
using OllamaProxy.Configuration;

namespace OllamaProxy.Tests.Access;

public sealed class AccountSharesTests
{
    [Theory]
    [InlineData("alice", 3)]
    [InlineData("alice/a user", 3)]
    [InlineData("alice/a/b", 3)]
    [InlineData("bob", 1)]
    [InlineData("alicia", 1)]
    [InlineData("192.0.2.7/alice", 1)]
    [InlineData("", 1)]
    public void An_account_has_the_weight_that_the_keys_of_its_owner_say(string account, double weight)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["OLLAMA_PROXY_API_KEYS"] = "alice:0123456789abcdef0123456789abcdef:weight=3,bob:fedcba9876543210fedcba9876543210",
        }).Build();
        using var keys = new ApiKeys(OllamaProxyOptions.Read(settings), TimeProvider.System, NullLogger<ApiKeys>.Instance);
        Assert.Equal(weight, new AccountShares(keys).WeightOf(account));
    }
}
