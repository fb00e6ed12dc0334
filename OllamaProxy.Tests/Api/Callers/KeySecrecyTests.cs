using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OllamaProxy.Server;
using OllamaProxy.Tests.Functions;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Callers;

/// <summary>Where the keys of callers must not be: shown in every way, and then looked for everywhere.</summary>
public sealed class KeySecrecyTests
{
    private static readonly string[] Calls =
    [
        "/api/generate", "/api/chat", "/api/embed", "/api/show", "/v1/chat/completions", "/v1/responses", "/v1/messages",
    ];

    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [SqliteTheory]
    [MemberData(nameof(Hosts))]
    public async Task No_key_however_it_is_shown_is_in_the_log_an_answer_the_database_a_metric_or_sent_to_Ollama(string host)
    {
        using var log = new EverythingLogged();
        using var metrics = new EveryMeasurement();
        using var folder = new TempFolder();
        var keys = Enumerable.Range(0, 8).Select(_ => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24))).ToList();
        var (alice, bob, carol, admin, ofFile, ofBadLine, unknown, late) =
            (keys[0], keys[1], keys[2], keys[3], keys[4], keys[5], keys[6], keys[7]);
        await File.WriteAllTextAsync(folder.File("keys"), $"erin:{ofFile}");
        var answers = new AnswerRecorder();
        await using var proxy = await RunningProxy.StartAsync(Logging(host, log), null,
            ("OLLAMA_PROXY_API_KEYS", $"alice:{alice},bob:{bob},carol:{carol},root:{admin}:admin"),
            ("OLLAMA_PROXY_API_KEYS_FILE", folder.File("keys")), ("OLLAMA_PROXY_QUIET", ""), ("Logging:LogLevel:Default", "Trace"),
            ("Logging:LogLevel:Microsoft", "Trace"), ("Logging:LogLevel:Microsoft.Hosting.Lifetime", "Trace"),
            ("Logging:Console:LogLevel:Default", "None"));
        using var client = new HttpClient(answers) { BaseAddress = proxy.Client.BaseAddress };

        var cookie = await SignInAsync(client, admin);
        var ways = new (string Key, Action<HttpRequestHeaders> Show)[]
        {
            (alice, headers => headers.Authorization = new("Bearer", alice)),
            (bob, headers => headers.Add("X-API-Key", bob)),
            (carol, headers => headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"any:{carol}")))),
            (admin, headers => headers.Add("Cookie", cookie)),
            (ofFile, headers => headers.Authorization = new("Bearer", ofFile)),
            (unknown, headers => headers.Authorization = new("Bearer", unknown)),
            (unknown, headers => headers.Add("X-API-Key", unknown)),
            (unknown, headers => headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{unknown}:")))),
            (unknown, headers => headers.Add("Cookie", $"ollama_proxy_key={unknown}")),
            (alice, headers =>
            {
                headers.Authorization = new("Bearer", alice);
                headers.Add("Proxy-Authorization", $"Bearer {bob}");
                headers.Add("Api-Key", carol);
                headers.Add("X-Owner", "somebody");
            }),
        };
        foreach (var (key, show) in ways)
        {
            Assert.Equal(key == unknown ? 401 : 202, await SubmitAsync(client, show));
            await CallAllAsync(client, show);
        }
        Assert.Equal(401, await SendAsync(client, HttpMethod.Post, "/api/v1/session", _ => { }, new { key = unknown }));

        await File.WriteAllTextAsync(folder.File("keys"), $"erin:{ofFile}\nfrank {ofBadLine}:{ofBadLine}:{ofBadLine}");
        await Eventually.True(() => log.Text.Contains("line 2 of", StringComparison.Ordinal));
        await File.WriteAllTextAsync(folder.File("keys"), $"erin:{ofFile}\ngrace:{late}");
        await Eventually.NotNull(async () =>
            await SubmitAsync(client, headers => headers.Authorization = new("Bearer", late)) == 202 ? "" : null, "the file to be read");
        foreach (var path in new[] { "/api/v1/prompts?page_size=100", "/api/v1/stats", "/api/v1/usage?by=owner", "/api/v1/queue", "/list" })
            Assert.Equal(200, await SendAsync(client, HttpMethod.Get, path, headers => headers.Authorization = new("Bearer", admin), null));
        await Eventually.NotNull(async () => await proxy.Home.NumberAsync(
            "SELECT count(*) FROM prompts WHERE status IN ('queued', 'processing')") == 0 ? "" : null, "all prompts to be over");

        var found = new List<(string Place, string Text)>
        {
            ("the log", log.Text), ("an answer", answers.Text), ("a metric", metrics.Text),
            ("the database", await TextOfAsync($"{proxy.DatabasePath}-wal")),
        };
        found.AddRange(proxy.Ollama.Requests.All.Select(request => ("a request to Ollama",
            $"{request.Path} {string.Join('\n', request.Headers)} {Encoding.Latin1.GetString(request.Body.Span)}")));
        await proxy.StopInstanceAsync();
        found.Add(("the log of the end", log.Text));
        foreach (var file in Directory.EnumerateFiles(proxy.Home.Folder.Path))
            found.Add(("the database", await TextOfAsync(file)));

        // Where each was looked for, something is that should be there.
        foreach (var (place, text) in new[] { ("the log", "/api/chat"), ("an answer", "alice"), ("a metric", "http.route"),
            ("a request to Ollama", "said by"), ("the database", "alice/somebody") })
            Assert.Contains(found, each => each.Place == place && each.Text.Contains(text, StringComparison.Ordinal));
        var forms = keys.SelectMany(FormsOf).ToList();
        Assert.All(found, each => Assert.DoesNotContain(forms, form => each.Text.Contains(form, StringComparison.OrdinalIgnoreCase)));
    }

    private static ProxyHost Logging(string host, ILoggerProvider log) => InProcess.Host(args =>
    {
        var app = host == nameof(ProxyHosts.Server) ? ServerApplication.Create(args) : TriggerApplication.Create(args);
        app.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        return app;
    });

    /// <summary>The cookie that a browser sends from then on.</summary>
    private static async Task<string> SignInAsync(HttpClient client, string key)
    {
        using var response = await client.PostAsJsonAsync("/api/v1/session", new { key });
        return response.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    private static Task<int> SubmitAsync(HttpClient client, Action<HttpRequestHeaders> show) =>
        SendAsync(client, HttpMethod.Post, "/api/v1/prompt", show, new { prompt = "said by somebody" });

    private static async Task CallAllAsync(HttpClient client, Action<HttpRequestHeaders> show)
    {
        foreach (var path in Calls)
            await SendAsync(client, HttpMethod.Post, path, show, new
            {
                model = "llama3.2",
                prompt = "said by somebody",
                input = "said by somebody",
                messages = new[] { new { role = "user", content = "said by somebody" } },
                max_tokens = 5,
            });
    }

    private static async Task<int> SendAsync(
        HttpClient client, HttpMethod method, string path, Action<HttpRequestHeaders> show, object? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        show(request.Headers);
        using var response = await client.SendAsync(request);
        return (int)response.StatusCode;
    }

    private static async Task<string> TextOfAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file, Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }

    /// <summary>A key as it is, and what of it stands in Base64 at each place in a text.</summary>
    private static IEnumerable<string> FormsOf(string key) => Enumerable.Range(0, 3)
        .Select(offset => Convert.ToBase64String(Encoding.UTF8.GetBytes(new string('.', offset) + key))[4..^4]).Prepend(key);
}
