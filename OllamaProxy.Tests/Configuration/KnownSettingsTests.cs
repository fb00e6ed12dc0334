using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;
using OllamaProxy.Configuration;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Configuration;

public sealed partial class KnownSettingsTests
{
    /// <summary>Other programs read them as well, and <c>docs/configuration.md</c> describes them below its table.</summary>
    private static readonly string[] OfOthers = ["NO_PROXY", "HTTP_PROXY", "ALL_PROXY", "WEBSITE_HOSTNAME"];

    [Fact]
    public void Every_setting_that_is_read_is_known()
    {
        var read = new ReadNames();
        OllamaProxyOptions.Read(read);
        Assert.Equal(KnownSettings.All.Select(setting => setting.Name).Order(), read.Names.Except(OfOthers).Order());
    }

    [Fact]
    public void Every_setting_is_in_the_table_of_the_documentation() =>
        Assert.Equal(KnownSettings.All.Select(setting => setting.Name), RowsOf("docs/configuration.md").Select(row => row.Name));

    [Fact]
    public void The_README_gives_the_same_defaults_as_the_documentation()
    {
        var few = RowsOf("README.md");
        Assert.NotEmpty(few);
        Assert.Subset(RowsOf("docs/configuration.md").ToHashSet(), few.ToHashSet());
    }

    [Theory]
    [InlineData("OLLAMA_CONCURENCY", "OLLAMA_CONCURRENCY")]
    [InlineData("OLLAMA_CONCURRENT", "OLLAMA_CONCURRENCY")]
    [InlineData("OLLAMA_KEEPALIVE", "OLLAMA_KEEP_ALIVE")]
    [InlineData("OLLAMA_MODLE", "OLLAMA_MODEL")]
    [InlineData("OLLAMA_URLS", "OLLAMA_URL")]
    [InlineData("OLLAMA_BASE_URL", "OLLAMA_URL")]
    [InlineData("OLLAMA_TIMEOUTS", "OLLAMA_TIMEOUT")]
    [InlineData("OLLAMA_PROXY_RETENTON_DAYS", "OLLAMA_PROXY_RETENTION_DAYS")]
    [InlineData("ollama_proxy_quite", "OLLAMA_PROXY_QUIET")]
    [InlineData("OLLAMA_PROXY_URL", "OLLAMA_URL")]
    [InlineData("OLLAMA_PROXY_MODEL", "OLLAMA_MODEL")]
    [InlineData("OLLAMA_RETENTION_DAYS", "OLLAMA_PROXY_RETENTION_DAYS")]
    [InlineData("OLLAMA_DB", "OLLAMA_PROXY_DB")]
    [InlineData("OLLAMA_MAX_QUEUED", "OLLAMA_PROXY_MAX_QUEUED")]
    [InlineData("OLLAMAPROXY_DB", "OLLAMA_PROXY_DB")]
    [InlineData("OLLAMA_PROXYDB", "OLLAMA_PROXY_DB")]
    [InlineData("OLLMA_MODEL", "OLLAMA_MODEL")]
    [InlineData("OLAMA_PROXY_DB", "OLLAMA_PROXY_DB")]
    [InlineData("OLLAMA-PROXY-DB", "OLLAMA_PROXY_DB")]
    public void A_misspelt_setting_is_warned_of_with_the_nearest_name(string name, string meant)
    {
        var warning = KnownSettings.WarningOf(name);
        Assert.StartsWith($"{name} is set", warning, StringComparison.Ordinal);
        Assert.EndsWith($"Did you mean {meant}?", warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OLLAMA_URL")]
    [InlineData("ollama_url")]
    [InlineData("OLLAMA_HOST")]
    [InlineData("OLLAMA_MODELS")]
    [InlineData("OLLAMA_MAX_QUEUE")]
    [InlineData("OLLAMA_NUM_PARALLEL")]
    [InlineData("OLLAMA_ORIGINS")]
    [InlineData("OLLAMA_DEBUG")]
    [InlineData("OLLAMA_FLASH_ATTENTION")]
    [InlineData("OLLAMA_LOAD_TIMEOUT")]
    [InlineData("OLLAMA_CONTEXT_LENGTH")]
    [InlineData("OLLAMA_NO_CLOUD")]
    [InlineData("OLLAMA_API_KEY")]
    [InlineData("OLLAMA_SOMETHING_THAT_CAME_WITH_A_NEWER_VERSION")]
    [InlineData("OLLAMA_PROXY_TEST_SERVER")]
    [InlineData("HTTP_PROXY")]
    [InlineData("MODEL")]
    [InlineData("PATH")]
    public void Of_others_nothing_is_said(string name) => Assert.Null(KnownSettings.WarningOf(name));

    /// <summary>The rows of a page's table of settings, in their order.</summary>
    private static List<(string Name, string Default)> RowsOf(string path) =>
        [.. TableRow().Matches(File.ReadAllText(Repository.File(path))).Select(row => (row.Groups[1].Value, row.Groups[2].Value))];

    [GeneratedRegex(@"^\| `(OLLAMA_\w+)` \| (.*?) \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();

    /// <summary>Empty settings that remember what they were asked for.</summary>
    private sealed class ReadNames : IConfiguration
    {
        public HashSet<string> Names { get; } = [];

        public string? this[string key]
        {
            get
            {
                Names.Add(key);
                // So that the proxies are asked for as well.
                return key == "OLLAMA_URL" ? "http://gpu:11434" : null;
            }
            set => throw new NotSupportedException();
        }

        public IConfigurationSection GetSection(string key) => throw new NotSupportedException();

        public IEnumerable<IConfigurationSection> GetChildren() => [];

        public IChangeToken GetReloadToken() => throw new NotSupportedException();
    }
}
