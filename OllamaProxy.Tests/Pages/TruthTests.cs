using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Pages.Browser;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Timing;

using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>The pages say what is, while Ollama comes and goes and while nobody looks.</summary>
public sealed class TruthTests : PageTests
{
    private static readonly TimeSpan TwoSeconds = TimeSpan.FromSeconds(2);

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
        Proxy.Ollama.Faults.Enqueue(Fault.Status(502, "bad gateway", 300));
        await Page.GotoAsync("/");
        await QueueAsync(Question);
        await Expect(ById("progress")).ToHaveTextAsync(new Regex("^Number 1 in the queue, to be tried again, about .* to go$"));

        await Soonest.IsWithinAsync(TwoSeconds, async () =>
        {
            await Proxy.Ollama.RefuseAsync();
            var took = await SaysAsync("waiting", "Ollama does not answer.");
            await Expect(ById("progress")).ToHaveTextAsync("Number 1 in the queue");
            await Expect(ById("banner-text")).ToContainTextAsync("Ollama cannot be reached");

            await Proxy.Ollama.AcceptAsync();
            await Expect(ById("waiting")).ToBeHiddenAsync();
            await Expect(ById("progress")).ToContainTextAsync("to go");
            await Expect(ById("banner")).ToBeHiddenAsync();
            return took;
        });
    }

    [BrowserFact]
    public async Task That_Ollama_dies_amid_the_answer_is_said_within_two_seconds()
    {
        await RestartProxyAsync(("OLLAMA_RETRY_BASE_SECONDS", "300"));
        await Page.GotoAsync("/");

        await Soonest.IsWithinAsync(TwoSeconds, async () =>
        {
            Proxy.Ollama.Faults.Enqueue(Fault.Stall(4));
            await QueueAsync(Question);
            await Expect(ById("result")).ToHaveTextAsync("This is the Simulator,");

            await Proxy.Ollama.RefuseAsync();
            var took = await SaysAsync("waiting", "Ollama does not answer.");

            await Proxy.Ollama.AcceptAsync();
            await Expect(ById("waiting")).ToBeHiddenAsync();
            return took;
        });
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

        await Soonest.IsWithinAsync(TwoSeconds, async () =>
        {
            await Proxy.Ollama.RefuseAsync();
            var took = await SaysAsync("figures", "Ollama cannot be reached");
            await Proxy.Ollama.AcceptAsync();
            await Expect(ById("figures")).ToContainTextAsync("loaded.");
            return took;
        });
    }

    [BrowserFact]
    public async Task A_hidden_page_tells_of_the_end_in_its_title_until_it_is_looked_at()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.Stall(4));
        await Page.GotoAsync("/");
        await QueueAsync(Question);
        await Expect(Page).ToHaveTitleAsync("processing · Ollama Proxy");
        // It is shown as processing before Ollama has it. A fault that its first attempt does not meet, the second would.
        await Proxy.TakenAsync();
        await SetHiddenAsync(true);
        await Proxy.Ollama.RefuseAsync();
        await Proxy.Ollama.AcceptAsync();
        await Expect(Page).ToHaveTitleAsync("✓ completed · Ollama Proxy", new() { Timeout = 20_000 });
        Assert.All(Requests.Where(request => request.Contains("/api/")).Select(request => request.Split('/', '?')[^1]),
            request => Assert.True(
                request is "status" or "stream" or "prompt" or "stats" or "models" or "events" or "session", request));

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
            await Proxy.TakenAsync();
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
        string[] without =
        [
            "delete window.Notification",
            $"{Notifications} Notification.permission = 'denied'",
            "Object.defineProperty(window, 'isSecureContext', { value: false })",
        ];
        foreach (var script in without)
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
            "In the last 9 minutes, of which alone enough is known, 9,000 prompts finished, at most 1,000 a minute. "
            + "20,000 wait now, and at most 20,000 did.");
    }

    /// <summary>Waits until an element says that, and returns how long that took.</summary>
    private async Task<TimeSpan> SaysAsync(string id, string text)
    {
        var from = Stopwatch.GetTimestamp();
        await Page.WaitForFunctionAsync(
            "([id, text]) => document.getElementById(id).textContent.includes(text)", new[] { id, text }, new() { PollingInterval = 20 });
        return Stopwatch.GetElapsedTime(from);
    }

    [BrowserFact]
    public async Task The_example_of_the_documentation_shows_the_text_of_a_model_that_thinks()
    {
        var page = await File.ReadAllTextAsync(Repository.File("docs/api.md"));
        var example = page[(page.IndexOf("```js\n", StringComparison.Ordinal) + 6)..];
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
}
