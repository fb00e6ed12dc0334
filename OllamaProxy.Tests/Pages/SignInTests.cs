using OllamaProxy.Tests.Pages.Browser;
using OllamaProxy.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace OllamaProxy.Tests.Pages;

/// <summary>The pages where keys are needed.</summary>
public sealed class SignInTests : ListPageTest
{
    [BrowserFact]
    public async Task Whoever_has_a_key_signs_in_sees_what_is_theirs_and_signs_out()
    {
        await WithKeysAsync();
        await Page.GotoAsync("/list");
        await ById("key").FillAsync("no key of anybody's");
        await ById("sign-in-button").ClickAsync();
        await Expect(ById("sign-in-error")).ToHaveTextAsync("This API key is not known here.");
        await Page.Keyboard.PressAsync("Escape");
        await Expect(ById("sign-in")).ToBeVisibleAsync();

        await ById("key").FillAsync("alice-key");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(ById("session-owner")).ToHaveTextAsync("alice");
        await Expect(Previews).ToHaveTextAsync(["of alice"]);
        await Expect(Page.Locator("#rows .owner")).ToBeHiddenAsync();
        await Expect(ById("pause")).ToBeHiddenAsync();

        await Page.GotoAsync("/");
        await Expect(ById("session-owner")).ToHaveTextAsync("alice");
        await ById("sign-out").ClickAsync();
        await Expect(ById("sign-in")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task Who_is_not_told_of_backends_sees_whether_Ollama_is_there_and_its_models()
    {
        await WithKeysAsync();
        Expecting("503");
        await Page.GotoAsync("/");
        await ById("key").FillAsync("alice-key");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(ById("session-owner")).ToHaveTextAsync("alice");
        await Expect(Page.Locator("#model option", new() { HasText = "tiny" })).ToHaveCountAsync(1);
        await Expect(ById("banner")).ToBeHiddenAsync();

        await Proxy.Ollama.RefuseAsync();
        await Eventually.NotNull(async () =>
        {
            await Page.ReloadAsync();
            return await ById("banner").IsVisibleAsync() ? "" : null;
        });
        await Expect(ById("banner")).ToContainTextAsync("Ollama cannot be reached");
        await Page.Context.ClearCookiesAsync();
    }

    [BrowserFact]
    public async Task An_admin_sees_whose_each_prompt_is_and_who_used_how_much()
    {
        await WithKeysAsync();
        await Page.GotoAsync("/list");
        await ById("key").FillAsync("root-key");
        await Page.Keyboard.PressAsync("Enter");
        await Expect(ById("session-owner")).ToHaveTextAsync("root (admin)");
        await Expect(Page.Locator("#rows .owner")).ToHaveTextAsync(["alice", ""]);
        await Expect(ById("pause")).ToBeVisibleAsync();

        await Page.Locator("#usage summary").ClickAsync();
        await Expect(Page.Locator("#usage-rows th")).ToHaveTextAsync(["none", "alice"], new() { Timeout = 30_000 });
        await Expect(Page.Locator("#usage-chart rect")).ToHaveCountAsync(30);
        await ById("sign-out").ClickAsync();
        await Expect(ById("sign-in")).ToBeVisibleAsync();
    }

    /// <summary>A prompt from before there were keys, and one of Alice's.</summary>
    private async Task WithKeysAsync()
    {
        await Proxy.ResultAsync(await Proxy.SubmitAsync(new { prompt = "a longer prompt from before there were any keys" }));
        await RestartProxyAsync(("OLLAMA_PROXY_API_KEYS", "alice:alice-key,root:root-key:admin"));
        Expecting("401");
        Proxy.Client.DefaultRequestHeaders.Authorization = new("Bearer", "alice-key");
        await Proxy.ResultAsync(await Proxy.SubmitAsync(new { prompt = "of alice" }));
    }
}
