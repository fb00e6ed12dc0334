using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Pages.Browser;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>The page of one prompt.</summary>
public sealed class PromptPageTests : PageTests
{
    private ILocator Facts => Page.Locator("#facts");

    private ILocator Attempts => Page.Locator("#attempts tbody tr");

    [BrowserFact]
    public async Task It_shows_all_that_is_known_of_a_prompt_and_nothing_of_it_is_markup()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.Status(502, "<b>bad</b> gateway"));
        var id = await Proxy.SubmitAsync(
            new { prompt = "<i>Why</i> is the sky blue?", model = "tiny", priority = 3, options = new { seed = 7 } });
        await Proxy.ResultAsync(id);
        await Page.GotoAsync($"/prompts/{id}");

        await Expect(ById("status")).ToHaveTextAsync("completed");
        await Expect(ById("id")).ToHaveTextAsync(id);
        await Expect(ById("prompt")).ToHaveTextAsync("<i>Why</i> is the sky blue?");
        await Expect(ById("result")).ToContainTextAsync("This is the Simulator");
        foreach (var fact in new[] { "tiny", "/api/v1/prompt", "Priority", "Tokens of the answer", "Tokens a second", "Ran for" })
            await Expect(Facts).ToContainTextAsync(fact);
        await Expect(Attempts).ToHaveCountAsync(2);
        await Expect(Attempts.First).ToContainTextAsync("<b>bad</b> gateway");
        await Expect(Page.Locator("#timeline rect")).ToHaveCountAsync(2);
        await Expect(ById("timeline-note")).ToContainTextAsync("2 attempts");
        await Page.Locator("#request-details > summary").ClickAsync();
        await Expect(ById("request")).ToContainTextAsync("\"seed\": 7");
        await Page.Locator("#response-details > summary").ClickAsync();
        await Expect(ById("response")).ToContainTextAsync("eval_count");
        await Expect(ById("cancel")).ToBeHiddenAsync();
        await Expect(ById("retry")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task It_follows_a_prompt_that_waits_and_cancels_and_retries_it()
    {
        Proxy.Ollama.Faults.Enqueue(Fault.Hang);
        await Proxy.SubmitAsync(new { prompt = "in its way" });
        var id = await Proxy.SubmitAsync(new { prompt = "waits" });
        await Page.GotoAsync($"/prompts/{id}");
        await Expect(ById("status")).ToHaveTextAsync("queued");
        await Expect(Facts).ToContainTextAsync("Waits for");

        await ById("cancel").ClickAsync();
        await Expect(ById("status")).ToHaveTextAsync("cancelled");
        await ById("retry").ClickAsync();
        await Expect(ById("status")).ToHaveTextAsync("queued");
    }

    [BrowserFact]
    public async Task Asking_again_leads_to_the_new_prompt_and_deleting_to_the_list()
    {
        var id = await Proxy.SubmitAsync(new { prompt = "twice" });
        await Proxy.ResultAsync(id);
        await Page.GotoAsync($"/prompts/{id}");
        await ById("repeat").ClickAsync();
        await Expect(ById("id")).Not.ToHaveTextAsync(id);
        await Expect(ById("prompt")).ToHaveTextAsync("twice");
        await Expect(ById("status")).ToHaveTextAsync("completed");

        await ById("delete").ClickAsync();
        await Expect(Page).ToHaveURLAsync(new Regex("/list$"));
    }

    [BrowserFact]
    public async Task The_response_of_a_call_is_shown_as_it_came()
    {
        using var response = await Proxy.Client.PostAsync(
            "/api/generate", new StringContent("""{"model":"tiny","prompt":"call","stream":false}"""));
        await Page.GotoAsync($"/prompts/{response.Headers.GetValues("X-Prompt-Id").Single()}");
        await Page.Locator("#response-details > summary").ClickAsync();
        await Expect(ById("response")).ToHaveTextAsync(await response.Content.ReadAsStringAsync());
    }

    [BrowserFact]
    public async Task That_there_is_no_such_prompt_is_said()
    {
        Expecting("404");
        await Page.GotoAsync("/prompts/019b76da-a800-7000-8000-000000000001");
        await Expect(ById("notice")).ToHaveTextAsync("There is no such prompt.");
        await Expect(ById("found")).ToBeHiddenAsync();
    }
}
