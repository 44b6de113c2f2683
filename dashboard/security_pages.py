"""The short pages of the guard, in both languages at once: nobody's language is known yet. They hold no script."""

from html import escape

MESSAGES = {
    400: ("The request cannot be read.", "无法读取该请求。", "Go back to the start page.", "请返回首页。"),
    401: ("The token has not been shown.", "尚未提供访问令牌。", "Open the start page.", "请打开首页。"),
    403: ("The request comes from another site.", "该请求来自其他网站。", "Open this page itself.", "请直接打开。"),
    404: ("There is no such page.", "没有这个页面。", "Go back to the start page.", "请返回首页。"),
    405: ("This cannot be asked for so.", "不支持这种请求方式。", "Go back to the start page.", "请返回首页。"),
    411: ("The request does not say its length.", "请求未注明长度。", "Send its length.", "请注明长度。"),
    413: (
        "What was sent is too large.", "发送的内容过大。", "A scenario is a short YAML file; bring in that.",
        "情景是一个较短的 YAML 文件，请上传该文件。",
    ),
    421: (
        "The server is not called by this name.", "服务器不使用这个名称。", "Open the address that it printed.",
        "请打开服务器启动时显示的地址。",
    ),
    429: ("Too many requests.", "请求过于频繁。", "Wait a little and try again.", "请稍候再试。"),
    500: (
        "Something went wrong here; it was logged.", "服务器出现错误，已记录。", "Reload the page.", "请重新加载页面。",
    ),
}  # fmt: skip

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:12vh auto;max-width:34rem;padding:0 1rem}"
    "body{color:#222;background:#fff}"
    "h1{font-size:1.25rem}input{font:inherit;padding:.5rem;width:100%;box-sizing:border-box;border:1px solid #555}"
    "button{font:inherit;margin-top:1rem;padding:.5rem 1.25rem;border:0;background:#00507f;color:#fff}"
    "label{display:block;margin-bottom:.25rem}.wrong{color:#a40000}a{color:#00507f}"
)


def message_page(code: int) -> str:
    """Return what is wrong and what to do, in English and Chinese."""
    english, chinese, remedy, remedy_zh = MESSAGES.get(code, MESSAGES[400 if code < 500 else 500])
    body = (
        f'<h1>{code} · {english}</h1><p>{remedy} <a href="/">QuotaLab</a></p>'
        f'<div lang="zh"><p><strong>{chinese}</strong></p><p>{remedy_zh}</p></div>'
    )
    return _document(english, body)


def login_page(target: str, *, wrong: bool = False) -> str:
    """Return the page that asks for the token and goes on to a path afterwards."""
    told = (
        '<p class="wrong" role="alert">This token is not right. <span lang="zh">令牌不正确。</span></p>'
        if wrong
        else ""
    )
    body = (
        f"<h1>QuotaLab</h1>{told}<p>The server printed a token when it was started. "
        '<span lang="zh">服务器启动时会显示一个访问令牌。</span></p>'
        '<form method="post" action="/login"><label for="token">Token <span lang="zh">访问令牌</span></label>'
        '<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>'
        f'<input type="hidden" name="next" value="{escape(target, quote=True)}">'
        '<button type="submit">Open <span lang="zh">打开</span></button></form>'
    )
    return _document("QuotaLab", body)


def _document(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )
