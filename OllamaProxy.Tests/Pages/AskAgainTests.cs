using System.Text;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Pages.Browser;
using OllamaProxy.Tests.Support;

using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>What was sent with a prompt can be looked at, and sent again, also from a browser that never sent it.</summary>
public sealed class AskAgainTests : PageTests
{
    [BrowserFact]
    public async Task Asking_again_sends_all_that_was_sent_whoever_sent_it()
    {
        const string Sent =
            """{"prompt":"a\u0020b","model":"tiny","system":"Be\r\nbrief.","options":"""
            + """{"temperature":0.50,"top_k":40,"seed":9007199254740993}"""
            + ""","format":"json","images":["AAAA"],"keep_alive":"1h","think":"high","raw":true}""";
        using (await Proxy.Client.PostAsync("/api/v1/prompt", new StringContent(Sent, Encoding.UTF8, "application/json")))
            await Page.GotoAsync("/list");
        await Page.Locator("#rows .preview").ClickAsync();
        await Expect(ById("status")).ToHaveTextAsync("completed");

        await ById("ask-again").ClickAsync();
        await Expect(Field).ToHaveValueAsync("a b");
        await Expect(ById("think")).ToHaveValueAsync("high");
        await Expect(ById("again-text")).ToHaveTextAsync("Sent along as it was: 1 image, format, keep_alive, raw.");
        await ById("submit").ClickAsync();
        await ExpectBodyAsync(1, BodyOf(0));
        await Expect(ById("again")).ToBeHiddenAsync();

        await ById("ask-again").ClickAsync();
        await Expect(ById("again")).ToBeVisibleAsync();
        await ById("temperature").FillAsync("0.7");
        await ById("system").FillAsync("");
        await QueueAsync("another");
        await ExpectBodyAsync(2,
            """{"prompt":"another","model":"tiny","format":"json","images":["AAAA"],"keep_alive":"1h","think":"high","raw":true"""
            + ""","options":{"top_k":40,"temperature":0.7,"seed":9007199254740992},"stream":true}""");

        await ById("ask-again").ClickAsync();
        await Expect(ById("again")).ToBeVisibleAsync();
        await ById("drop").ClickAsync();
        await Expect(Field).ToBeFocusedAsync();
        await ById("submit").ClickAsync();
        await ExpectBodyAsync(3,
            """{"prompt":"another","model":"tiny","think":"high","options":"""
            + """{"top_k":40,"temperature":0.7,"seed":9007199254740992},"stream":true}""");
    }

    [BrowserFact]
    public async Task Asking_a_call_again_repeats_it_as_it_came()
    {
        const string Sent =
            """{"model":"tiny","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"first"},"""
            + """{"role":"assistant","content":"yes"},{"role":"user","content":"second"}],"stream":false}""";
        using var response = await Proxy.Client.PostAsync("/api/chat", new StringContent(Sent, Encoding.UTF8, "application/json"));
        var id = response.Headers.GetValues("X-Prompt-Id").Single();
        await Page.GotoAsync($"/?id={id}");
        await Expect(ById("status")).ToHaveTextAsync("completed");

        await ById("ask-again").ClickAsync();

        await Expect(ById("prompt-link")).Not.ToHaveTextAsync(id);
        await Expect(ById("status")).ToHaveTextAsync("completed");
        await Eventually.True(() => Proxy.Ollama.Requests.All.Count > 1);
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
        using var submitted = await Proxy.Client.PostAsync("/api/v1/prompt",
            new StringContent("""{"prompt":"x","system":"Be brief.","images":["AAAA"],"priority":3}""", Encoding.UTF8, "application/json"));
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

    private string BodyOf(int request) => Encoding.UTF8.GetString(Proxy.Ollama.Requests.All[request].Body.Span);

    private async Task ExpectBodyAsync(int request, string body)
    {
        await Eventually.True(() => Proxy.Ollama.Requests.All.Count > request);
        Assert.Equal(body, BodyOf(request));
        // Ollama may have it before the page knows that it was accepted, and shows its status in place of the last one.
        await Expect(Field).ToHaveValueAsync("");
        await Expect(ById("status")).ToHaveTextAsync("completed");
    }
}
