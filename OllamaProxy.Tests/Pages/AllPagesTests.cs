using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Pages.Browser;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

public sealed class AllPagesTests : PageTests
{
    /// <summary>Finds the texts on show that have less contrast than WCAG's level AA asks for.</summary>
    private const string FaintTexts =
        """
        () => {
          const luminance = color => color.match(/[\d.]+/g).slice(0, 3).map(c => c / 255)
            .map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
          const isClear = element => getComputedStyle(element).backgroundColor.endsWith(', 0)');
          const contrast = element => {
            let behind = element;
            while (isClear(behind)) behind = behind.parentElement;
            const [dark, light] = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor]
              .map(luminance).sort((a, b) => a - b);
            return (light + .05) / (dark + .05);
          };
          const hasText = element => element.matches('textarea')
            || [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
          return [...document.body.querySelectorAll(':not(:disabled, option)')]
            .filter(element => element.checkVisibility() && hasText(element) && contrast(element) < 4.5)
            .map(element => `${contrast(element)}: ${element.outerHTML}`);
        }
        """;

    [BrowserFact]
    public async Task The_pages_are_one_file_each_and_ask_for_nothing_but_the_API()
    {
        await Page.GotoAsync("/");
        await Page.GetByRole(AriaRole.Link, new() { Name = "List" }).ClickAsync();
        await Expect(ById("updated")).ToHaveTextAsync("Live");
        await Expect(ById("figures")).ToContainTextAsync("Nothing was completed");
        await Page.GetByRole(AriaRole.Link, new() { Name = "Batches" }).ClickAsync();
        await Expect(ById("empty")).ToBeVisibleAsync();
        await Page.GetByRole(AriaRole.Link, new() { Name = "Dashboard" }).ClickAsync();
        await Expect(ById("trends")).ToBeVisibleAsync();
        await Page.GetByRole(AriaRole.Link, new() { Name = "API" }).ClickAsync();
        await Expect(ById("found")).ToContainTextAsync("operations");

        Assert.Equal(
            [
                "/", "/api/v1/events", "/api/v1/models", "/api/v1/prompts", "/api/v1/session", "/api/v1/stats", "/api/v1/stats/trends",
                "/batches", "/dashboard", "/docs", "/list", "/openapi.json", "/v1/batches", "/v1/messages/batches",
            ],
            Requests.Select(request => request.Split(' ', '?')[1]).Distinct().Order());
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/list")]
    [InlineData("/batches")]
    [InlineData("/dashboard")]
    [InlineData("/docs")]
    [InlineData("/prompts/019b76da-a800-7000-8000-000000000001")]
    public async Task What_is_not_in_a_pages_file_does_not_run(string path)
    {
        using var response = await GetPageAsync(path);
        using var again = await GetPageAsync(path);

        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        var nonce = Regex.Match(policy,
            "^default-src 'none'; script-src 'nonce-([0-9a-f]{32})'; style-src 'nonce-\\1'; img-src data:; connect-src 'self'; ").Groups[
            1].Value;
        Assert.NotEmpty(nonce);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(await response.Content.ReadAsStringAsync(), $" nonce=\"{nonce}\">"));
        Assert.NotEqual(policy, again.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal(("nosniff", "no-referrer"),
            (response.Headers.GetValues("X-Content-Type-Options").Single(), response.Headers.GetValues("Referrer-Policy").Single()));
    }

    private Task<HttpResponseMessage> GetPageAsync(string path) =>
        Proxy.Client.SendAsync(new(HttpMethod.Get, path) { Headers = { { "Accept", "text/html" } } });

    [BrowserFact]
    public async Task A_script_that_got_into_a_page_would_not_run()
    {
        Expecting("Content Security Policy");
        Expecting("Trusted");
        foreach (var path in new[] { "/", "/list", "/batches", "/dashboard", "/docs" })
        {
            await Page.GotoAsync(path);
            await Page.EvaluateAsync(
                """
                () => {
                  window.refused = 0;
                  const attempt = action => { try { action(); } catch { window.refused++; } };
                  attempt(() => document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.ran = true">'));
                  attempt(() => document.body.setAttribute('onclick', 'window.ran = true'));
                  const script = document.createElement('script');
                  attempt(() => { script.text = 'window.ran = true'; });
                  document.body.append(script);
                  document.body.click();
                }
                """);
            Assert.Equal(3, await Page.EvaluateAsync<int>("window.refused"));
            Assert.True(await Page.EvaluateAsync<bool>("window.ran === undefined"));
        }
    }

    [BrowserFact]
    public async Task Markup_stays_text_in_prompts_results_errors_and_the_list()
    {
        const string Markup = "<script>alert(1)</script><img src=x onerror=alert(2)>&lt;b&gt;\"'";
        const string Model = "<img src=x onerror=alert(3)>";
        var failing = await Proxy.SubmitAsync(new { prompt = Markup, model = Model });

        await Page.GotoAsync("/");
        await ById("prompt").FillAsync(Markup);
        await ById("submit").ClickAsync();
        await ExpectResultOfAsync(Markup);
        await Page.ReloadAsync();
        await ExpectResultOfAsync(Markup);
        await ExpectNoElementsAsync();
        await Expect(ById("prompt-text")).ToHaveTextAsync(Markup);

        await Page.GotoAsync($"/?id={failing}");
        await Expect(ById("error")).ToContainTextAsync(Model);
        await Expect(ById("pull-hint")).ToBeHiddenAsync();
        await ExpectNoElementsAsync();

        await Page.GotoAsync("/list");
        await Expect(Page.Locator("#rows .preview")).ToHaveTextAsync([Markup, Markup]);
        await Expect(Page.Locator("#rows .model").Last).ToHaveTextAsync(Model);
        await ExpectNoElementsAsync();
    }

    [BrowserFact]
    public async Task A_prompt_of_20_000_characters_is_readable_and_nothing_scrolls_sideways_on_a_phone()
    {
        var prompt = new string('x', 20_000);
        await Page.GotoAsync("/");
        await ById("prompt").FillAsync(prompt);
        await ById("submit").ClickAsync();
        await ExpectResultOfAsync(prompt);
        await Page.Locator("#prompt-details summary").ClickAsync();
        await Expect(ById("prompt-text")).ToBeVisibleAsync();
        Assert.Equal(prompt, await ById("prompt-text").TextContentAsync());
        await ExpectNoSidewaysScrollingAsync(390);
        await ExpectNoSidewaysScrollingAsync(320);

        await Page.GotoAsync("/list");
        await Expect(Page.Locator("#rows .preview")).ToContainTextAsync("xxx");
        await ExpectNoSidewaysScrollingAsync(320);
        await ExpectNoSidewaysScrollingAsync(390);
    }

    [BrowserFact]
    public async Task All_text_is_readable_in_light_and_dark()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.ErrorLine(5, "an unknown error was met"));
        var halfWay = await Proxy.SubmitAsync(new { prompt = "half-way", max_attempts = 1 });
        var missing = await Proxy.SubmitAsync(new { prompt = "missing", model = "nosuch" });
        var completed = await Proxy.SubmitAsync(new { prompt = "completed" });
        await Proxy.ResultAsync(completed);
        Proxy.Ollama.Faults.Enqueue(Fault.Hang);
        var processing = await Proxy.SubmitAsync(new { prompt = "processing" });
        var queued = await Proxy.SubmitAsync(new { prompt = "queued" });

        var shown = new Dictionary<string, string>
        {
            ["/list"] = "model 'nosuch' not found",
            ["/dashboard"] = "Errors of attempts",
            ["/docs#submitPrompt"] = "The text for the model.",
            [$"/?id={halfWay}"] = "Partial result",
            [$"/?id={missing}"] = "ollama pull nosuch",
            [$"/?id={completed}"] = "This is the Simulator",
            [$"/prompts/{completed}"] = "This is the Simulator",
            [$"/?id={processing}"] = "Running",
            [$"/?id={queued}"] = "Number 1 in the queue",
        };
        foreach (var (path, text) in shown)
        {
            await Page.GotoAsync(path);
            await Expect(Page.GetByText(text)).ToBeVisibleAsync();
            Assert.NotEqual(await BackgroundAsync(ColorScheme.Light), await BackgroundAsync(ColorScheme.Dark));
        }
    }

    private async Task<string> BackgroundAsync(ColorScheme scheme)
    {
        await Page.EmulateMediaAsync(new() { ColorScheme = scheme });
        Assert.Empty(await Page.EvaluateAsync<string[]>(FaintTexts));
        return await Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
    }

    private async Task ExpectNoElementsAsync()
    {
        await Expect(Page.Locator("img, main script")).ToHaveCountAsync(0);
        await Expect(Page.Locator("script")).ToHaveCountAsync(1);
    }
}
