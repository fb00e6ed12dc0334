using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OllamaProxy.Simulator;
using OllamaProxy.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>The pages say what is, while Ollama comes and goes and while nobody looks.</summary>
public abstract class TruthTests(ProxyHost host) : PageTests(host)
{
    private static readonly LocatorAssertionsToContainTextOptions WithinTwoSeconds = new() { Timeout = 2_000 };

    /// <summary>Takes the place of the browser's notifications, and keeps what is told.</summary>
    private const string Notifications =
        """
        window.told = [];
        window.Notification = class {
          static permission = 'default';
          static async requestPermission() { window.asked = true; return this.permission = window.verdict ?? 'granted'; }
          constructor(title, { body }) { window.told.push(`${title}: ${body}`); }
        };
        """;

    [BrowserFact]
    public async Task That_Ollama_dies_is_said_within_two_seconds_and_no_time_is_told_until_it_is_back()
    {
        await RestartProxyAsync(("OLLAMA_RETRY_BASE_SECONDS", "300"));
        await Proxy.ResultAsync(await Proxy.SubmitAsync(new { prompt = "measured" }));
        Proxy.Ollama.Faults.Enqueue(Fault.Status(502, "bad gateway", 30));
        await Page.GotoAsync("/");
        await QueueAsync(Question);
        await Expect(ById("progress")).ToHaveTextAsync(new Regex("^Number 1 in the queue, to be tried again, about .* to go$"));

        await Proxy.Ollama.RefuseAsync();
        await Expect(ById("waiting")).ToContainTextAsync("Ollama does not answer.", WithinTwoSeconds);
        await Expect(ById("progress")).ToHaveTextAsync("Number 1 in the queue");
        await Expect(ById("banner-text")).ToContainTextAsync("Ollama cannot be reached");

        await Proxy.Ollama.AcceptAsync();
        await Expect(ById("waiting")).ToBeHiddenAsync();
        await Expect(ById("progress")).ToContainTextAsync("to go");
        await Expect(ById("banner")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task That_Ollama_dies_amid_the_answer_is_said_within_two_seconds()
    {
        await RestartProxyAsync(("OLLAMA_RETRY_BASE_SECONDS", "300"));
        Proxy.Ollama.Faults.Enqueue(Fault.Stall(4));
        await Page.GotoAsync("/");
        await QueueAsync(Question);
        await Expect(ById("result")).ToHaveTextAsync("This is the Simulator,");

        await Proxy.Ollama.RefuseAsync();

        await Expect(ById("waiting")).ToContainTextAsync("Ollama does not answer.", WithinTwoSeconds);
    }

    [BrowserFact]
    public async Task The_list_says_within_two_seconds_that_Ollama_died_while_prompts_wait()
    {
        await RestartProxyAsync(("OLLAMA_RETRY_BASE_SECONDS", "300"));
        Proxy.Ollama.Faults.Enqueue(Fault.Status(502, "bad gateway", 300));
        await Proxy.SubmitAsync(new { prompt = Question });
        await Page.GotoAsync("/list");
        await Expect(Page.Locator("#rows .error")).ToHaveTextAsync("bad gateway");
        await Expect(ById("figures")).ToContainTextAsync("loaded.");

        await Proxy.Ollama.RefuseAsync();
        await Expect(ById("figures")).ToContainTextAsync("Ollama cannot be reached", WithinTwoSeconds);
        await Proxy.Ollama.AcceptAsync();
        await Expect(ById("figures")).ToContainTextAsync("loaded.");
    }

    [BrowserFact]
    public async Task Asking_again_sends_all_that_was_sent_whoever_sent_it()
    {
        const string Sent = """{"prompt":"a\u0020b","model":"tiny","system":"Be\r\nbrief.","options":{"temperature":0.50,"top_k":40,"seed":9007199254740993},"format":"json","images":["AAAA"],"keep_alive":"1h","think":"high","raw":true}""";
        using (await Proxy.Client.PostAsync("/api/v1/prompt", new StringContent(Sent, Encoding.UTF8, "application/json")))
            await Page.GotoAsync("/list");
        await Page.Locator("#rows .preview").ClickAsync();
        await Expect(ById("status")).ToHaveTextAsync("completed");

        await ById("ask-again").ClickAsync();
        await Expect(Field).ToHaveValueAsync("a b");
        await Expect(ById("think")).ToHaveValueAsync("high");
        await Expect(ById("again-text")).ToHaveTextAsync("Sent along as it was: 1 image, format, keep_alive, raw.");
        await ById("submit").ClickAsync();
        await Expect(ById("status")).ToHaveTextAsync("completed");
        await Expect(ById("again")).ToBeHiddenAsync();
        Assert.Equal(BodyOf(0), BodyOf(1));

        await ById("ask-again").ClickAsync();
        await ById("temperature").FillAsync("0.7");
        await ById("system").FillAsync("");
        await QueueAsync("another");
        await ExpectBodyAsync(2, """{"prompt":"another","model":"tiny","format":"json","images":["AAAA"],"keep_alive":"1h","think":"high","raw":true,"options":{"top_k":40,"temperature":0.7,"seed":9007199254740992},"stream":true}""");

        await ById("ask-again").ClickAsync();
        await Expect(ById("again")).ToBeVisibleAsync();
        await ById("drop").ClickAsync();
        await Expect(Field).ToBeFocusedAsync();
        await ById("submit").ClickAsync();
        await ExpectBodyAsync(3, """{"prompt":"another","model":"tiny","think":"high","options":{"top_k":40,"temperature":0.7,"seed":9007199254740992},"stream":true}""");
    }

    [BrowserFact]
    public async Task Asking_a_call_again_repeats_it_as_it_came()
    {
        const string Sent = """{"model":"tiny","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"first"},{"role":"assistant","content":"yes"},{"role":"user","content":"second"}],"stream":false}""";
        using var response = await Proxy.Client.PostAsync("/api/chat", new StringContent(Sent, Encoding.UTF8, "application/json"));
        var id = response.Headers.GetValues("X-Prompt-Id").Single();
        await Page.GotoAsync($"/?id={id}");
        await Expect(ById("status")).ToHaveTextAsync("completed");

        await ById("ask-again").ClickAsync();

        await Expect(ById("prompt-link")).Not.ToHaveTextAsync(id);
        await Expect(ById("status")).ToHaveTextAsync("completed");
        Assert.Equal([Sent, Sent], [BodyOf(0), BodyOf(1)]);
    }

    [BrowserFact]
    public async Task What_cannot_be_asked_again_is_told()
    {
        Expecting("404");
        var id = await Proxy.SubmitAsync(new { prompt = Question });
        await Page.GotoAsync($"/?id={id}");
        await ExpectResultOfAsync(Question);
        await ById("ask-again").ClickAsync();
        await Expect(Field).ToHaveValueAsync(Question);
        using var deleted = await Proxy.Client.DeleteAsync($"/api/v1/prompt/{id}");

        await ById("submit").ClickAsync();
        await Expect(ById("message")).ToContainTextAsync($"There is no prompt with the id '{id}'. Your text is still here.");
        await ById("submit").ClickAsync();
        await ExpectResultOfAsync(Question);
    }

    [BrowserFact]
    public async Task All_that_was_sent_and_the_attempts_with_their_backend_can_be_looked_at()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.Status(502, "the first one breaks"));
        using var submitted = await Proxy.Client.PostAsync("/api/v1/prompt", new StringContent("""{"prompt":"x","system":"Be brief.","images":["AAAA"],"priority":3}""", Encoding.UTF8, "application/json"));
        var id = submitted.Headers.Location!.OriginalString.Split('/')[^2];
        await Proxy.ResultAsync(id);
        await Page.GotoAsync($"/?id={id}");
        await Page.GetByText("All that was sent, and attempts").ClickAsync();

        await Expect(ById("sent")).ToContainTextAsync("\"system\": \"Be brief.\"");
        await Expect(ById("sent")).ToContainTextAsync("\"bytes\": 3");
        await Expect(ById("sent")).ToContainTextAsync("\"priority\": 3");
        await Expect(Page.Locator("#attempts li")).ToHaveCountAsync(2);
        await Expect(Page.Locator("#attempts li").First).ToContainTextAsync($"by {Proxy.Ollama.BaseAddress}");
        await Expect(Page.Locator("#attempts li").First).ToContainTextAsync(": the first one breaks");
        await ExpectNoSidewaysScrollingAsync(320);
    }

    [BrowserFact]
    public async Task A_hidden_page_tells_of_the_end_in_its_title_until_it_is_looked_at()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.Stall(4));
        await Page.GotoAsync("/");
        await QueueAsync(Question);
        await Expect(Page).ToHaveTitleAsync("processing · Ollama Proxy");
        await SetHiddenAsync(true);
        await Proxy.Ollama.RefuseAsync();
        await Proxy.Ollama.AcceptAsync();
        await Expect(Page).ToHaveTitleAsync("✓ completed · Ollama Proxy", new() { Timeout = 20_000 });
        Assert.All(Requests.Where(request => request.Contains("/api/")).Select(request => request.Split('/', '?')[^1]),
            request => Assert.True(request is "status" or "stream" or "prompt" or "stats" or "models" or "events", request));

        await SetHiddenAsync(false);
        await Expect(Page).ToHaveTitleAsync("completed · Ollama Proxy");
        await ExpectResultOfAsync(Question);
        await Page.GotoAsync("/");
        await Expect(Page).ToHaveTitleAsync("Ollama Proxy");
    }

    [BrowserFact]
    public async Task A_notification_comes_only_where_it_was_asked_for_and_the_page_is_hidden()
    {
        await Page.AddInitScriptAsync(Notifications);
        await Page.GotoAsync("/");
        foreach (var (prompt, hidden) in new[] { ("not asked for", true), ("looked at", false), ("asked for", true) })
        {
            Proxy.Ollama.Faults.Enqueue(Fault.Stall(4));
            await QueueAsync(prompt);
            await Expect(ById("status")).ToHaveTextAsync("processing");
            await Expect(ById("notify")).ToHaveAttributeAsync("aria-pressed", prompt == "asked for" ? "true" : "false");
            if (prompt == "looked at")
            {
                Assert.True(await Page.EvaluateAsync<bool>("window.asked === undefined"));
                await ById("notify").ClickAsync();
                await Expect(ById("notify")).ToHaveAttributeAsync("aria-pressed", "true");
            }
            await SetHiddenAsync(hidden);
            await Proxy.Ollama.RefuseAsync();
            await Proxy.Ollama.AcceptAsync();
            await Expect(Page).ToHaveTitleAsync(new Regex("completed"), new() { Timeout = 20_000 });
            await SetHiddenAsync(false);
            await ExpectResultOfAsync(prompt);
            await Expect(ById("notify")).ToBeHiddenAsync();
        }
        Assert.Equal(["Your prompt is completed: asked for"], await Page.EvaluateAsync<string[]>("window.told"));
    }

    [BrowserFact]
    public async Task No_notification_is_offered_where_the_browser_has_none_or_was_told_not_to()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.Hang);
        var id = await Proxy.SubmitAsync(new { prompt = Question });
        foreach (var script in new[] { "delete window.Notification", $"{Notifications} Notification.permission = 'denied'", "Object.defineProperty(window, 'isSecureContext', { value: false })" })
        {
            var page = await NewPageAsync();
            await page.AddInitScriptAsync(script);
            await page.GotoAsync($"/?id={id}");
            await Expect(page.Locator("#status")).ToHaveTextAsync("processing");
            await Expect(page.Locator("#notify")).ToBeHiddenAsync();
        }

        await Page.AddInitScriptAsync($"{Notifications} window.verdict = 'denied'");
        await Page.GotoAsync($"/?id={id}");
        await ById("notify").ClickAsync();
        await Expect(ById("notify")).ToBeHiddenAsync();
        await Expect(ById("followed-title")).ToBeFocusedAsync();
    }

    [BrowserFact]
    public async Task The_chart_draws_what_is_known_and_nothing_else()
    {
        await Page.RouteAsync("**/api/v1/stats", async route =>
        {
            var answer = await route.FetchAsync();
            var minutes = string.Join(',', Enumerable.Range(0, 60).Select(minute => minute switch
            {
                < 50 => $$"""{"at":"2026-02-21T12:{{minute:00}}:00+00:00"}""",
                50 => $$"""{"at":"2026-02-21T12:{{minute:00}}:00+00:00","waiting":7}""",
                _ => $$"""{"at":"2026-02-21T12:{{minute:00}}:00+00:00","waiting":20000,"finished":1000}""",
            }));
            await route.FulfillAsync(new()
            {
                Response = answer,
                Body = Regex.Replace(await answer.TextAsync(), "\"minutes\":\\[[^\\]]*\\]", $"\"minutes\":[{minutes}]"),
            });
        });
        await Page.GotoAsync("/list");

        await Expect(ById("waiting-key")).ToHaveTextAsync("waiting, up to 20,000");
        Assert.Equal(10, (await Page.Locator("#chart polyline").GetAttributeAsync("points"))!.Split(' ').Length);
        await Expect(ById("chart")).ToHaveAttributeAsync("aria-label",
            "In the last 9 minutes, of which alone enough is known, 9,000 prompts finished, at most 1,000 a minute. 20,000 wait now, and at most 20,000 did.");
    }

    [BrowserFact]
    public async Task The_example_of_the_README_shows_the_text_of_a_model_that_thinks()
    {
        var readme = await File.ReadAllTextAsync(Repository.File("README.md"));
        var example = readme[(readme.IndexOf("```js\n", StringComparison.Ordinal) + 6)..];
        example = example[..example.IndexOf("```", StringComparison.Ordinal)];
        var id = await Proxy.SubmitAsync(new { prompt = Question, think = true });
        await Page.GotoAsync("/list");

        var shown = await Page.EvaluateAsync<string>(
            $$"""
            id => new Promise(resolve => {
              let shown = '';
              const show = text => { shown += text; };
              {{example}}
              events.addEventListener('done', () => resolve(shown));
            })
            """, id);

        Assert.Equal(Simulation.AnswerTo(Question), shown);
    }

    private string BodyOf(int request) => Encoding.UTF8.GetString(Proxy.Ollama.Requests.All[request].Body.Span);

    private async Task ExpectBodyAsync(int request, string body)
    {
        await Eventually.True(() => Proxy.Ollama.Requests.All.Count > request);
        Assert.Equal(body, BodyOf(request));
        await Expect(ById("status")).ToHaveTextAsync("completed");
    }

    public sealed class OnServer() : TruthTests(ProxyHosts.Server);

    public sealed class OnFunctions() : TruthTests(ProxyHosts.Functions);
}
