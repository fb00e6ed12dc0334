using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;
using OllamaProxy.Hosting;
using OllamaProxy.Server;
using OllamaProxy.Tests.Api;
using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Hosting;

/// <summary>Texts from elsewhere in the log: they are shown, and do nothing.</summary>
public sealed class LogTests
{
    private static readonly string[] Hostile =
    [
        "\u001b[31mred\u001b[0m", "\u001b]0;title\u0007", "a\nError: forged", "a\r\nError: forged", "a\rover", "\b\b\b", "\u007f", "\u0000",
            "\u000b\u000c", "\u0085", "\u009b31m", "\u2028", "\u2029",
        "\u202egpj.exe", "\u2066a\u2069", "\u200e\u200f\u061c", "\u200b\ufeff\u00ad", "\U000e0041", "\t",
    ];

    public static TheoryData<string, string> Texts => new()
    {
        { "", "" }, { "plain", "plain" }, { "größe 日本 🙂 \\n", "größe 日本 🙂 \\n" }, { "\u001b[31m", @"\u001b[31m" },
            { "a\r\nb\tc", @"a\r\nb\tc" }, { "\u0085\u2028\u2029", @"\u0085\u2028\u2029" },
        { "\u202e\u2066\u200f\ufeff", @"\u202e\u2066\u200f\ufeff" }, { "\u0000\u007f\u009f", @"\u0000\u007f\u009f" },
            { "\U000e0041x", @"\udb40\udc41x" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void What_cannot_be_seen_is_escaped(string text, string shown) => Assert.Equal(shown, LogText.Escape(text));

    [Fact]
    public void So_is_half_a_character()
    {
        Assert.Equal(@"a\ud800b\udc00", LogText.Escape("a\ud800b\udc00"));
        Assert.Equal(@"\ud83d", LogText.Escape("\ud83d"));
    }

    [Fact]
    public void Whatever_characters_come_none_that_does_something_is_left()
    {
        for (var code = 0; code <= char.MaxValue; code++)
            AssertSeen(LogText.Escape($"a{(char)code}b"));
        AssertSeen(LogText.Escape(string.Concat(Hostile)));
        AssertSeen(new LogText(null).ToString());
    }

    [Fact]
    public void Every_event_id_is_used_once()
    {
        var ids = LogMethods().Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()!.EventId).ToList();
        Assert.NotEmpty(ids);
        Assert.Equal(ids.Order(), ids.Distinct().Order());
    }

    [Fact]
    public void An_exception_is_logged_with_its_texts_escaped_and_its_stack_trace()
    {
        var exception = Assert.Throws<InvalidOperationException>(
            (Action)(() => throw new InvalidOperationException("a\u001b[1m\nb", new IOException("c\u202e"))));
        var shown = new LoggedException(exception).ToString();
        Assert.StartsWith("System.InvalidOperationException: a\\u001b[1m\\nb", shown, StringComparison.Ordinal);
        Assert.Contains(" ---> System.IO.IOException: c\\u202e", shown, StringComparison.Ordinal);
        Assert.Contains(nameof(An_exception_is_logged_with_its_texts_escaped_and_its_stack_trace), shown, StringComparison.Ordinal);
        Assert.Equal("a\\u001b[1m\\nb", new LoggedException(exception).Message);
    }

    [Fact]
    public void No_line_of_the_log_has_a_text_that_is_not_escaped()
    {
        var parameters = LogMethods().SelectMany(method => method.GetParameters()).ToList();
        Assert.NotEmpty(parameters);
        Assert.DoesNotContain(parameters, parameter =>
            parameter.ParameterType == typeof(string) || parameter.ParameterType == typeof(Exception));
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task Nothing_that_clients_or_backends_say_does_anything_to_the_log(string host)
    {
        await using var ollama = await RawOllama.StartAsync(async answer =>
        {
            answer.Context.Response.StatusCode = 500;
            await answer.SendAsync(JsonSerializer.Serialize(new { error = $"it says {answer.Prompt}" }));
        });
        await using var foreign = await RawOllama.StartAsync(async answer =>
        {
            answer.Context.Response.StatusCode = 418;
            await answer.SendAsync($"<html>{answer.Prompt}");
        });
        // As both hosts have it.
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null,
            ("OLLAMA_URL", $"{ollama.Url};models=one,{foreign.Url};models=two"), ("OLLAMA_CONCURRENCY", "20"), ("OLLAMA_MAX_ATTEMPTS", "2"),
                ("OLLAMA_PROXY_QUIET", ""),
            ("Logging:LogLevel:Default", "Information"), ("Logging:LogLevel:Microsoft", "Warning"),
                ("Logging:Console:LogLevel:Default", "None"));
        using var log = new LogRecorder();
        proxy.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);

        await Task.WhenAll(Hostile.SelectMany(hostile => new[] { "one", "two", $"none {hostile}" }.Select(async model =>
        {
            using var call = await proxy.Client.SendAsync(
                CallTests.Post("/api/generate", JsonSerializer.Serialize(new { model, prompt = hostile })));
            using var asked = await proxy.Client.GetAsync($"/nowhere/{Uri.EscapeDataString(hostile)}/x");
            Assert.NotEqual(HttpStatusCode.InternalServerError, asked.StatusCode);
        })));

        Assert.Contains(log.Lines, line => line.Contains("it says \\u001b[31mred", StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Contains("<html>\\u202egpj.exe", StringComparison.Ordinal));
        Assert.Contains(log.Lines, line => line.Contains("none \\u001b[31mred", StringComparison.Ordinal));
        Assert.All(log.Lines, AssertSeen);
    }

    private static IEnumerable<MethodInfo> LogMethods() => new[] { typeof(OllamaProxyOptions).Assembly, typeof(ServerApplication).Assembly }
        .Select(assembly =>
            assembly.GetTypes().Single(type => type.Name == "Log" && type.Namespace!.StartsWith("OllamaProxy", StringComparison.Ordinal)))
        .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        .Where(method => method.GetCustomAttribute<LoggerMessageAttribute>() is not null);

    private static void AssertSeen(string line)
    {
        for (var at = 0; at < line.Length; at += char.IsSurrogatePair(line, at) ? 2 : 1)
        {
            var category = CharUnicodeInfo.GetUnicodeCategory(line, at);
            Assert.False(
                category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                    or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate, line);
        }
    }
}
