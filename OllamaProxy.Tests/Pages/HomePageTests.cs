using System.Text;
using System.Text.RegularExpressions;
using OllamaProxy.Simulator;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Pages.Browser;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>The form of the home page: what is typed, sent, remembered and asked again.</summary>
public sealed partial class HomePageTests : PageTests
{
    [BrowserFact]
    public async Task The_keyboard_is_enough()
    {
        await Page.GotoAsync("/");
        await TabToAsync("prompt");
        await Page.Keyboard.TypeAsync("the first");
        await Page.Keyboard.PressAsync("Control+Enter");
        await ExpectResultOfAsync("the first");

        await Page.Keyboard.TypeAsync("the second");
        await TabToAsync("submit");
        await Page.Keyboard.PressAsync("Enter");
        await ExpectResultOfAsync("the second");
        await Expect(ById("submit")).ToBeFocusedAsync();

        await TabToAsync("ask-again");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(Field).ToBeFocusedAsync();
        await Expect(Field).ToHaveValueAsync("the second");

        Proxy.Ollama.Faults.Enqueue(Fault.Stall(3));
        await Page.Keyboard.PressAsync("Control+Enter");
        await Expect(ById("result")).ToHaveTextAsync("This is the");
        await TabToAsync("cancel");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(ById("status")).ToHaveTextAsync("cancelled");
        await Expect(ById("followed-title")).ToBeFocusedAsync();
        await TabToAsync("retry");
        await Page.Keyboard.PressAsync("Enter");
        await ExpectResultOfAsync("the second");
    }

    [BrowserFact]
    public async Task A_queued_prompt_has_an_address_that_reload_back_and_forward_open_again()
    {
        await Page.GotoAsync("/");
        foreach (var prompt in new[] { "the first", "the second" })
        {
            await QueueAsync(prompt);
            await ExpectResultOfAsync(prompt);
            await Expect(ById("prompt-text")).ToHaveTextAsync(prompt);
            await Expect(Field).ToHaveValueAsync("");
            await Expect(Page).ToHaveURLAsync(OfAPrompt());
        }

        await Page.ReloadAsync();
        await ExpectResultOfAsync("the second");
        await Page.GoBackAsync();
        await ExpectResultOfAsync("the first");
        await Page.GoBackAsync();
        await Expect(ById("followed")).ToBeHiddenAsync();
        await Page.GoForwardAsync();
        await ExpectResultOfAsync("the first");
    }

    [BrowserFact]
    public async Task A_blank_prompt_is_not_sent()
    {
        await Page.GotoAsync("/");

        await QueueAsync(" \n\t ");

        await Expect(ById("message")).ToHaveTextAsync("Write a prompt first, then queue it.");
        await Expect(Field).ToBeFocusedAsync();
        await Page.Keyboard.PressAsync("Control+Enter");
        await Field.FillAsync("not blank");
        await Expect(ById("message")).ToBeHiddenAsync();
        Assert.DoesNotContain(Requests, request => request.StartsWith("POST", StringComparison.Ordinal));
    }

    [BrowserFact]
    public async Task A_prompt_that_could_not_be_sent_stays_in_the_field()
    {
        await Page.GotoAsync("/");

        await CutNetworkAsync();
        await QueueAsync(Question);
        await Expect(ById("message")).ToContainTextAsync("Your text is still here.");
        await Expect(Field).ToHaveValueAsync(Question);
        MendNetwork();
        await ById("submit").ClickAsync();

        await ExpectResultOfAsync(Question);
        await Expect(ById("message")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task Settings_go_with_the_prompt_and_come_back_when_it_is_asked_again()
    {
        await Page.GotoAsync("/");
        await Page.GetByText("Settings").ClickAsync();
        await ById("model").SelectOptionAsync("tiny");
        await ById("system").FillAsync("Be brief.");
        await ById("temperature").FillAsync("0.5");
        await ById("num_predict").FillAsync("3");
        await ById("priority").FillAsync("7");
        await ById("think").SelectOptionAsync("true");
        await ById("options").FillAsync("{\"top_k\": 40}");
        await QueueAsync(Question);
        await Expect(ById("result")).ToHaveTextAsync("This is the");
        await Expect(ById("result-note")).ToContainTextAsync("cut short");
        await Expect(ById("thinking-details")).Not.ToHaveAttributeAsync("open", "");
        await Page.GetByText("Thinking", new() { Exact = true }).Last.ClickAsync();
        await Expect(ById("thinking")).ToContainTextAsync("Nothing here thinks.");

        Assert.Equal(
            """{"prompt":"What is the capital of France?","model":"tiny","system":"Be brief.","think":true,"options":"""
            + """{"top_k":40,"temperature":0.5,"num_predict":3},"stream":true}""",
            Encoding.UTF8.GetString(Proxy.Ollama.Requests.All.Single().Body.Span));
        Assert.Equal(7, (await Proxy.GetAsync("/api/v1/prompts")).GetProperty("prompts")[0].GetProperty("priority").GetInt32());

        await Page.ReloadAsync();
        await ById("ask-again").ClickAsync();
        await Expect(Field).ToHaveValueAsync(Question);
        await Expect(ById("model")).ToHaveValueAsync("tiny");
        await Expect(ById("num_predict")).ToHaveValueAsync("3");
        await Expect(ById("options")).ToHaveValueAsync("{\"top_k\":40}");
        await ById("options").FillAsync("top_k");
        await ById("submit").ClickAsync();
        await Expect(ById("message")).ToContainTextAsync("More options must be a JSON object");
        await Expect(ById("options")).ToBeFocusedAsync();
    }

    [BrowserFact]
    public async Task A_setting_that_is_no_good_is_told_in_the_servers_words()
    {
        Expecting("400");
        await Page.GotoAsync("/");
        await Page.GetByText("Settings").ClickAsync();
        await ById("priority").FillAsync("101");
        await QueueAsync(Question);

        await Expect(ById("message")).ToContainTextAsync("101");
        await Expect(Field).ToHaveValueAsync(Question);
    }

    [BrowserFact]
    public async Task The_last_prompts_are_remembered_until_they_are_to_be_forgotten()
    {
        await Page.GotoAsync("/");
        await Expect(ById("recent")).ToBeHiddenAsync();
        foreach (var prompt in new[] { "the first", "<img src=x onerror=alert(1)>" })
        {
            await QueueAsync(prompt);
            await ExpectResultOfAsync(prompt);
        }
        await Page.GotoAsync("/");
        await Expect(Page.Locator("#recent li a")).ToHaveTextAsync(["<img src=x onerror=alert(1)>", "the first"]);

        await Page.Locator("#recent li a").Nth(1).ClickAsync();
        await ExpectResultOfAsync("the first");
        await Expect(Page).ToHaveURLAsync(OfAPrompt());
        await ById("forget").ClickAsync();
        await Expect(ById("recent")).ToBeHiddenAsync();
        await Page.ReloadAsync();
        await ExpectResultOfAsync("the first");
        await Expect(ById("recent")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task A_browser_that_keeps_nothing_works_all_the_same()
    {
        await Page.AddInitScriptAsync("Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })");
        await Page.GotoAsync("/");
        await QueueAsync(Question);
        await ExpectResultOfAsync(Question);
    }

    private async Task TabToAsync(string id)
    {
        for (var presses = 0; presses < 60; presses++)
        {
            if (await Page.EvaluateAsync<string>("document.activeElement.id") == id)
                return;
            await Page.Keyboard.PressAsync("Tab");
        }
        Assert.Fail($"Tab leads nowhere near #{id}.");
    }

    [GeneratedRegex(@"/\?id=[0-9a-f-]{36}$")]
    private static partial Regex OfAPrompt();
}
